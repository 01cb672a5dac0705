import { expect, test } from 'vitest';
import type { Change, MappedRecord } from '../../../src/config/transform-schema.ts';
import type { Lsn } from '../../../src/lsn.ts';
import type { Position, Step } from '../../../src/records/operations.ts';
import { operationsOf } from '../records/tuples.ts';
import { draftsOf, finished, finisherOf } from './draft-case.ts';

const wal = {
  lsn: '0/1776B48',
  xid: 7,
  committed_at: '2026-11-18T08:26:40.123456Z',
  committed_at_ms: 1_794_990_400_123,
};
const position: Position = { kind: 'position', lsn: 200n as Lsn, committedAtMicros: 5n };

test('a function gets the mapped record without its commit, and what is known of the change', async () => {
  const seen: [MappedRecord, Change][] = [];
  const apply = (record: MappedRecord, change: Change) => {
    seen.push([structuredClone(record), change]);
    return { ...record, shout: `${record['note']}!` };
  };
  const steps = await finished(apply, ['1', 'häß\u2028"', '{"a":[1,null]}']);
  const mapped = {
    objectID: '1',
    id: 1,
    note: 'häß\u2028"',
    data: { a: [1, null] },
    source_table: 'public.audit_log',
  };
  expect(seen).toEqual([
    [
      mapped,
      {
        table: 'public.audit_log',
        operation: 'insert',
        objectID: '1',
        lsn: '0/1776B48',
        xid: 7,
        committedAt: expect.stringMatching(/^2026-.*\.123456Z$/),
      },
    ],
  ]);
  const [{ body } = {}] = operationsOf(steps);
  expect(body).toEqual({
    ...mapped,
    shout: 'häß\u2028"!',
    wal: expect.objectContaining({ lsn: wal.lsn, xid: 7 }),
  });
});

test('steps keep their order, whatever each becomes', async () => {
  const apply = async (record: MappedRecord) => {
    const id = Number(record['id']);
    for (let turns = 0; turns < 10 - id; turns++) await Promise.resolve();
    if (id === 2) return null;
    if (id === 3) throw new Error('no');
    return record;
  };
  const drafts = draftsOf(apply, [
    ['1', 'a'],
    ['2', 'b'],
    ['3', 'c'],
    ['4', 'd'],
  ]);
  const { ready, rest } = await finisherOf(apply).finish([
    ...drafts.slice(0, 2),
    position,
    ...drafts.slice(2),
    position,
  ]);
  expect(ready.map(kindOf)).toEqual(['update 1', 'delete 2', 'position', 'unfit 3', 'update 4', 'position']);
  expect(rest).toEqual([]);
});

test('only tables that have something left to do concern it', () => {
  const keep = (record: MappedRecord) => record;
  expect(finisherOf(keep).concerns(draftsOf(keep, [['1', 'a']]))).toBe(true);
  expect(finisherOf(keep).concerns([position])).toBe(false);
});

function kindOf(step: Step): string {
  return 'objectID' in step ? `${step.kind} ${step.objectID}` : step.kind;
}
