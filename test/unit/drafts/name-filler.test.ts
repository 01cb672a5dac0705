import { describe, expect, it } from 'vitest';
import { NameFiller } from '../../../src/drafts/name-filler.ts';
import type { Step } from '../../../src/records/operations.ts';
import { requestBytes } from '../../../src/records/operations.ts';
import type { ReferenceNames } from '../../../src/records/reference-names.ts';
import { Slab } from '../../../src/records/slab.ts';
import { NO_TRANSACTION, type Transaction } from '../../../src/records/transaction.ts';
import { encoderOf, INT8, shared } from '../records/record-encoder-case.ts';
import { operationsOf, relationOf, tupleOf } from '../records/tuples.ts';

const relation = relationOf({ id: INT8, actor_id: 25, owner_id: 25 });
const attributes = {
  id: 'id',
  actor: { column: 'actor_id', lookup: 'users' },
  owner: { column: 'owner_id', lookup: 'users' },
};

/** A table of names that is read once for each call of `fill`, and remembers what the test puts there. */
function referenceOf(rows: Readonly<Record<string, string>>) {
  const remembered = new Map<string, string>();
  const asked: string[][] = [];
  const names: ReferenceNames = {
    table: 'public.users',
    key: 'id',
    find: (key, { xid }) => (xid === undefined ? undefined : remembered.get(key)),
    forget: () => undefined,
    forgetAll: () => undefined,
  };
  const read = async (wanted: ReadonlyMap<ReferenceNames, ReadonlySet<string>>) => {
    const keys = [...(wanted.get(names) ?? [])];
    asked.push(keys);
    return new Map([[names, new Map(keys.map((key) => [key, rows[key] ?? 'null']))]]);
  };
  return { names, remembered, asked, filler: new NameFiller({ read }) };
}

type Row = readonly [id: string, actor: string | null, owner: string | null];

function stepsOf(names: ReferenceNames, rows: readonly Row[], transaction: Transaction = shared): Step[] {
  const encoder = encoderOf(relation, {
    table: { attributes },
    lookups: new Map([['users', names]]),
    slab: new Slab(300),
  });
  const into: Step[] = [];
  for (const row of rows)
    encoder.insert({ tag: 'insert', relation, new: tupleOf(...row) }, transaction, into);
  return into;
}

const bodies = (steps: readonly Step[]) => operationsOf(steps).map(({ body }) => body);

describe('filling names in', () => {
  it('reads each key of a batch once, and makes updates of all', async () => {
    const { names, asked, filler } = referenceOf({ 7: '"Ann"', 8: '"Zoë"' });
    const steps = stepsOf(names, [
      ['1', '7', '8'],
      ['2', '8', null],
      ['3', '7', 'none'],
      ['4', null, null],
    ]);
    const filled = await filler.fill(steps);
    expect(asked).toEqual([['7', '8', 'none']]);
    expect(filled.map(({ kind }) => kind)).toEqual(['update', 'update', 'update', 'update']);
    expect(bodies(filled)).toMatchObject([
      { objectID: '1', actor: 'Ann', owner: 'Zoë', wal: { xid: 7 } },
      { objectID: '2', actor: 'Zoë', owner: null },
      { objectID: '3', actor: 'Ann', owner: null },
      { objectID: '4', actor: null, owner: null },
    ]);
  });

  it('writes what the encoder would have written', async () => {
    const rows = { 7: '"Ann"', 8: `"${'é'.repeat(200)}"` };
    const { names, filler, remembered } = referenceOf(rows);
    const all: readonly Row[] = Array.from({ length: 50 }, (_, at) => [
      String(at),
      '7',
      at % 2 === 0 ? '8' : null,
    ]);
    const filled = await filler.fill(stepsOf(names, all));
    for (const [key, json] of Object.entries(rows)) remembered.set(key, json);
    const direct = stepsOf(names, all);
    expect(direct.map(({ kind }) => kind)).toEqual(all.map(() => 'update'));
    expect(operationsOf(filled)).toEqual(operationsOf(direct));
  });

  it('asks for nothing that was read meanwhile', async () => {
    const { names, asked, filler, remembered } = referenceOf({});
    const steps = stepsOf(names, [['1', '7', null]]);
    remembered.set('7', '"Ann"');
    expect(bodies(await filler.fill(steps))).toMatchObject([{ actor: 'Ann' }]);
    expect(asked).toEqual([]);
  });

  it('asks anew for a row that somebody asked for, and leaves out its commit', async () => {
    const { names, asked, filler, remembered } = referenceOf({ 7: '"Bea"' });
    remembered.set('7', '"Ann"');
    const filled = await filler.fill(stepsOf(names, [['1', '7', null]], NO_TRANSACTION));
    expect(asked).toEqual([['7']]);
    expect(bodies(filled)).toEqual([
      { objectID: '1', id: 1, source_table: 'public.audit_log', actor: 'Bea', owner: null },
    ]);
  });

  it('leaves what wants no names as it is', async () => {
    const { names, asked, filler, remembered } = referenceOf({});
    remembered.set('7', '"Ann"');
    const steps = stepsOf(names, [['1', '7', null]]);
    expect(await filler.fill(steps)).toBe(steps);
    expect(asked).toEqual([]);
  });

  it('rejects with what the reading rejects with', async () => {
    const { names } = referenceOf({});
    const filler = new NameFiller({ read: () => Promise.reject(new Error('no connection')) });
    await expect(filler.fill(stepsOf(names, [['1', '7', null]]))).rejects.toThrow('no connection');
  });

  it('never makes more of a draft than it was counted for', async () => {
    const { names, filler } = referenceOf({ 7: `"${'x'.repeat(498)}"`, 8: `"${'ü'.repeat(249)}"` });
    const steps = stepsOf(names, [
      ['1', '7', '8'],
      ['2', '7', null],
    ]);
    const filled = await filler.fill(steps);
    for (const [at, step] of filled.entries())
      expect(requestBytes(step)).toBeLessThanOrEqual(requestBytes(steps[at] as Step));
  });
});
