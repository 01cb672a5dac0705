import { expect, test } from 'vitest';
import type { Unfit } from '../../../src/records/operations.ts';
import { operationsOf } from '../records/tuples.ts';
import { draftsOf, finished, finisherOf } from './draft-case.ts';

const SECRET = 'geheim 4711';

async function unfit(result: unknown): Promise<Unfit> {
  const [step, ...more] = await finished(() => result as object, ['1', SECRET]);
  if (step?.kind !== 'unfit' || more.length > 0) throw new Error(`it became ${step?.kind}`);
  return step;
}

const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;

class Row {
  readonly note = SECRET;
}

test.each<[string, unknown, string]>([
  ['undefined', undefined, 'is no object and not null'],
  ['a text', SECRET, 'is no object and not null'],
  ['false', false, 'is no object and not null'],
  ['a function', () => SECRET, 'is no object and not null'],
  ['a list', [{ note: SECRET }], 'is no plain object'],
  ['an instance of a class', new Row(), 'is no plain object'],
  ['a Map', new Map([[SECRET, 1]]), 'is no plain object'],
  ['a Date', new Date(), 'is no plain object'],
  ['another objectID', { objectID: SECRET }, 'has another objectID'],
  ['an objectID that is a number', { objectID: 1 }, 'has another objectID'],
  ['another source_table', { source_table: SECRET }, 'has another source_table'],
  ['wal', { wal: {} }, 'reserved'],
  ['a name with _ in front', { _tags: [SECRET] }, 'reserved'],
  ['a name that is empty', { '': SECRET }, 'reserved'],
  ['itself', cycle, 'is not JSON'],
  ['a BigInt', { count: 1n }, 'is not JSON'],
  ['a function inside', { note: { deep: [() => SECRET] } }, 'is not JSON'],
  ['a symbol inside', { note: Symbol(SECRET) }, 'is not JSON'],
  ['a Map inside', { note: new Map([[SECRET, 1]]) }, 'is not JSON'],
  ['an instance inside', { note: new Row() }, 'is not JSON'],
  [
    'a getter that throws',
    {
      get note() {
        throw new Error(SECRET);
      },
    },
    'is not JSON',
  ],
])('%s is no record, and says why without a value of the row', async (_, result, why) => {
  const step = await unfit(result);
  expect(step).toMatchObject({ problem: 'not-a-record', objectID: '1', table: 'public.audit_log' });
  expect(step.message).toContain(
    `public.audit_log: what transform returned ${why === 'reserved' ? 'has' : why}`,
  );
  expect(step.message).toContain(why);
  expect(step.message).toContain('in the transaction at 0/1776B48');
  expect(step.message).not.toContain(SECRET);
});

test('the record as the mapping made it is kept, as it would have been sent', async () => {
  const { record } = await unfit(undefined);
  expect(JSON.parse(record ?? '')).toEqual({
    objectID: '1',
    id: 1,
    note: SECRET,
    data: null,
    source_table: 'public.audit_log',
    wal: expect.objectContaining({ lsn: '0/1776B48' }),
  });
});

test('what JSON has another form for, or nothing, is a record', async () => {
  const result = {
    at: new Date(0),
    nothing: undefined,
    none: null,
    number: Number.NaN,
    list: [undefined, 1],
    bare: Object.assign(Object.create(null), { a: 1 }),
    half: '\ud83d',
  };
  const [{ body } = {}] = operationsOf(await finished(() => result, ['1', 'a']));
  expect(body).toEqual({
    objectID: '1',
    at: '1970-01-01T00:00:00.000Z',
    none: null,
    number: null,
    list: [null, 1],
    bare: { a: 1 },
    half: '\ud83d',
    source_table: 'public.audit_log',
    wal: expect.anything(),
  });
});

test.each([
  [10_000, 'update'],
  [10_001, 'unfit'],
])('what counts is the size behind the function: %i bytes are %s', async (bytes, kind) => {
  const apply = (padding: number) => () => ({ padding: 'ä'.repeat(padding / 2) + 'x'.repeat(padding % 2) });
  const [{ text = '' } = {}] = operationsOf(await finished(apply(0), ['1', 'a']));
  const bodyBytes = text.length - '{"action":"updateObject","body":}'.length;
  const [step] = await finished(apply(bytes - bodyBytes), ['1', 'x'.repeat(50_000)]);
  expect(step?.kind).toBe(kind);
  if (step?.kind === 'unfit') {
    expect(step).toMatchObject({ problem: 'too-large', record: undefined });
    expect(step.message).toContain('larger than 10000 bytes behind its transform, with 10001');
  }
});

test('a row may be a megabyte before, and no more', async () => {
  const apply = () => ({ note: 'short' });
  const [small] = await finished(apply, ['1', 'x'.repeat(990_000)]);
  expect(small?.kind).toBe('update');
  const [large] = draftsOf(apply, [['1', 'x'.repeat(1_000_000)]]);
  expect(large).toMatchObject({ kind: 'unfit', problem: 'too-large' });
});

test('what is written fills more than one buffer', async () => {
  const apply = (record: object) => ({ ...record, more: '€'.repeat(3_000) });
  const rows = Array.from({ length: 100 }, (_, id) => [String(id), 'a'] as const);
  const { ready } = await finisherOf(apply).finish(draftsOf(apply, rows));
  expect(operationsOf(ready).map(({ body }) => [body?.['objectID'], body?.['more']])).toEqual(
    rows.map(([id]) => [id, '€'.repeat(3_000)]),
  );
});
