import { expect, test } from 'vitest';
import { ErasedActors } from '../../../src/records/erased-actors.ts';
import type { ExclusionReason } from '../../../src/records/exclusion.ts';
import { Floors } from '../../../src/records/floors.ts';
import type { Step } from '../../../src/records/operations.ts';
import { transaction } from '../../../src/records/transaction.ts';
import { encoderOf, INT8, shared, TIMESTAMPTZ, thrown } from './record-encoder-case.ts';
import { begin, type ColumnText, relationOf, tupleOf } from './tuples.ts';

const DATE = 1082;
const TIMESTAMP = 1114;
const relation = relationOf({ id: INT8, occurred_at: TIMESTAMPTZ, note: 25 });
const OLD = '2026-01-31 23:59:59.999999+00';
const NEW = '2026-02-01 00:00:00+00';

function expiring(timeZone?: string) {
  const floors = new Floors();
  const reasons: ExclusionReason[] = [];
  const onExcluded = (reason: ExclusionReason) => void reasons.push(reason);
  const exclusions = { actorAttribute: 'actor_id', erased: new ErasedActors(), floors, onExcluded };
  const time = { column: 'occurred_at', attribute: 'occurred_at', timeZone };
  const table = { expiry: { days: 1, sweepPerSecond: 1, time } };
  const raise = (text: string): void => floors.set('public.audit_log', Date.parse(text));
  return { options: { exclusions, table }, raise, reasons };
}

type Expiring = ReturnType<typeof expiring>;

function changes({ options }: Expiring, columns: readonly ColumnText[], of = relation) {
  const encoder = encoderOf(of, options);
  const into: Step[] = [];
  encoder.insert({ tag: 'insert', relation: of, new: tupleOf(...columns) }, shared, into);
  encoder.update({ tag: 'update', relation: of, old: undefined, new: tupleOf(...columns) }, shared, into);
  const read = encoder.row(tupleOf(...columns), () => shared);
  return [...into, read].map((step) => step?.kind);
}

test('what is older than the floor: inserted it is passed over, changed or read again it is removed', () => {
  const one = expiring();
  one.raise('2026-02-01T00:00:00Z');
  expect(changes(one, ['1', OLD, 'a'])).toEqual(['unchanged', 'delete', 'delete']);
  expect(changes(one, ['1', '0044-03-15 12:00:00+00 BC', 'a'])).toEqual(['unchanged', 'delete', 'delete']);
  expect(one.reasons).toHaveLength(6);
  expect(new Set(one.reasons)).toEqual(new Set(['expired']));
});

test.each([NEW, null, 'infinity', '-infinity'])(
  'a row of the floor itself, without a time, or with an infinite one is a record: %s',
  (at) => {
    const one = expiring();
    one.raise('2026-02-01T00:00:00Z');
    expect(changes(one, ['1', at, 'a'])).toEqual(['update', 'update', 'update']);
    expect(one.reasons).toEqual([]);
  },
);

test('nothing is too old while no floor stands, and one that rises holds at once', () => {
  const one = expiring();
  expect(changes(one, ['1', OLD, 'a'])).toEqual(['update', 'update', 'update']);
  const encoder = encoderOf(relation, one.options);
  const row = () => encoder.row(tupleOf('1', OLD, 'a'), () => shared)?.kind;
  expect(row()).toBe('update');
  one.raise('2026-02-01T00:00:00Z');
  expect(row()).toBe('delete');
});

test('a timestamp without a zone is one of the zone of its attribute', () => {
  const local = relationOf({ id: INT8, occurred_at: TIMESTAMP, note: 25 });
  const one = expiring('America/New_York');
  one.raise('2026-02-01T00:00:00Z');
  expect(changes(one, ['1', '2026-01-31 18:59:59', 'a'], local)).toEqual(['unchanged', 'delete', 'delete']);
  expect(changes(one, ['1', '2026-01-31 19:00:00', 'a'], local)).toEqual(['update', 'update', 'update']);
});

test('one that could be no record leaves no letter, and those behind it keep their places', () => {
  const one = expiring();
  one.raise('2026-02-01T00:00:00Z');
  expect(changes(one, ['1', OLD, 'x'.repeat(20_000)])).toEqual(['unchanged', 'delete', 'delete']);
  const into: Step[] = [];
  const encoder = encoderOf(relation, one.options);
  const several = transaction(begin);
  for (const at of [NEW, OLD, NEW])
    encoder.insert({ tag: 'insert', relation, new: tupleOf(null, at, 'a') }, several, into);
  expect(into).toMatchObject([
    { kind: 'unfit', place: 1 },
    { kind: 'unchanged', objectID: undefined },
    { kind: 'unfit', place: 3 },
  ]);
});

test('a column that is not published, or holds no timestamps, is refused before any row, with the remedy', () => {
  const { table } = expiring().options;
  const missing = thrown(() => encoderOf(relationOf({ id: INT8, note: 25 }), { table }));
  expect(missing.message).toMatch(/"occurred_at", which tells how old a row is, is not published/);
  expect(missing.remedy).toMatch(/\.time/);
  const dates = thrown(() => encoderOf(relationOf({ id: INT8, occurred_at: DATE }), { table }));
  expect(dates.message).toMatch(/holds no timestamps, so records have no "occurred_at_ms"/);
});
