import { expect, test } from 'vitest';
import type { Change, MappedRecord } from '../../../src/config/transform-schema.ts';
import type { Lsn } from '../../../src/lsn.ts';
import type { Position, Step } from '../../../src/records/operations.ts';
import { operationsOf } from '../records/tuples.ts';
import { draftsOf, finished, finisherOf, type Row } from './draft-case.ts';

const position: Position = { kind: 'position', lsn: 200n as Lsn, committedAtMicros: 5n };

function names(steps: readonly Step[]): readonly string[] {
  return steps.map((step) => ('objectID' in step ? `${step.kind} ${step.objectID}` : step.kind));
}

test('a function gets the mapped record without its commit, and what is known of the change', async () => {
  const seen: [MappedRecord, Change][] = [];
  const steps = await finished(
    (record, change) => {
      seen.push([structuredClone(record), change]);
      return { ...record, shout: `${record['note']}!` };
    },
    ['1', 'häß\u2028"', '{"a":[1,null]}'],
  );
  const mapped = {
    objectID: '1',
    id: 1,
    note: 'häß\u2028"',
    data: { a: [1, null] },
    source_table: 'public.audit_log',
  };
  const commit = { lsn: '0/1776B48', xid: 7, committedAt: expect.stringMatching(/^2026-.*\.123456Z$/) };
  expect(seen).toEqual([
    [mapped, { table: 'public.audit_log', operation: 'insert', objectID: '1', ...commit }],
  ]);
  const wal = expect.objectContaining({ lsn: commit.lsn, xid: commit.xid, committed_at: commit.committedAt });
  expect(operationsOf(steps).map(({ body }) => body)).toEqual([{ ...mapped, shout: 'häß\u2028"!', wal }]);
});

test('a record may be changed in place, and made anew of nothing but what is wanted', async () => {
  const inPlace = await finished(
    (record) => {
      record['note'] = 'other';
      return record;
    },
    ['1', 'a'],
  );
  expect(operationsOf(inPlace)[0]?.body).toMatchObject({ objectID: '1', note: 'other', data: null });
  const [made] = operationsOf(await finished(() => ({ title: 'x' }), ['1', 'a']));
  expect(made?.body).toEqual({
    objectID: '1',
    title: 'x',
    source_table: 'public.audit_log',
    wal: expect.anything(),
  });
  expect(made?.text).toMatch(
    /^\{"action":"updateObject","body":\{"objectID":"1",.*,"wal":\{[^}]*"committed_at_ms":\d+\}\}\}$/,
  );
});

test('steps keep their order, whatever becomes of each and whenever', async () => {
  const apply = async (record: MappedRecord) => {
    const id = Number(record['id']);
    for (let turns = 0; turns < 10 - id; turns++) await Promise.resolve();
    if (id === 3) throw new Error('no');
    return id === 2 ? null : record;
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
  expect(names(ready)).toEqual(['update 1', 'delete 2', 'position', 'unfit 3', 'update 4', 'position']);
  expect(rest).toEqual([]);
  expect(ready[1]).toMatchObject({ kind: 'delete', table: 'public.audit_log', index: 'audit_log' });
  expect(operationsOf(ready)[1]?.text).toBe('{"action":"deleteObject","body":{"objectID":"2"}}');
});

test('what grows is written in parts, each with its positions, and nothing is finished before its part', async () => {
  let calls = 0;
  const apply = (record: MappedRecord) => {
    calls += 1;
    return { ...record, padding: 'x'.repeat(900_000) };
  };
  const rows = Array.from({ length: 20 }, (_, id): Row => [String(id), 'a']);
  const finisher = finisherOf(apply, { recordBytesMax: 1_000_000, bytesMax: 5_000_000 });
  const seen: string[] = [];
  const parts: number[] = [];
  let left: readonly Step[] = draftsOf(apply, rows).flatMap((draft) => [draft, position]);
  while (left.length > 0) {
    const { ready, rest } = await finisher.finish(left);
    expect(ready.length).toBeGreaterThan(0);
    seen.push(...names(ready));
    parts.push(operationsOf(ready).length);
    expect(calls).toBe(seen.length / 2);
    left = rest;
  }
  expect(seen).toEqual(rows.flatMap(([id]) => [`update ${id}`, 'position']));
  expect(Math.max(...parts)).toBeLessThan(13);
  expect(parts.length).toBeLessThan(4);
});

test('a batch that grows a little stays one', async () => {
  const apply = (record: MappedRecord) => ({ ...record, more: 'x'.repeat(20) });
  const rows = Array.from({ length: 5_000 }, (_, id): Row => [String(id), 'x'.repeat(100)]);
  const drafts = draftsOf(apply, rows);
  const bytesMax = drafts.reduce((sum, step) => sum + (step.kind === 'draft' ? step.end - step.start : 0), 0);
  const { ready, rest } = await finisherOf(apply, { bytesMax }).finish(drafts);
  expect([ready.length, rest.length]).toEqual([5_000, 0]);
});

test('only tables that have something left to do concern it', () => {
  const keep = (record: MappedRecord) => record;
  expect(finisherOf(keep).concerns([position, ...draftsOf(keep, [['1', 'a']])])).toBe(true);
  expect(finisherOf(keep).concerns([position])).toBe(false);
});
