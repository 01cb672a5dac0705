import { from, Subject } from 'rxjs';
import { expect, test } from 'vitest';
import { ConfigError, ProtocolError } from '../../../src/errors.ts';
import type { Lsn } from '../../../src/lsn.ts';
import type { Position, Step } from '../../../src/records/operations.ts';
import { type StepsOptions, steps } from '../../../src/records/steps.ts';
import type { Commit, Insert, Keepalive, Relation, WalMessage } from '../../../src/replication/messages.ts';
import { begin, operationsOf, relationOf, tupleOf } from './tuples.ts';

const relation = relationOf({ id: 20, note: 25 });
const options: StepsOptions = {
  tables: { 'public.audit_log': { index: 'audit_log', objectID: ['id'] } },
  types: new Map(),
  recordBytesMax: 10_000,
};
const insert = (id: number, of: Relation = relation): Insert => ({
  tag: 'insert',
  relation: of,
  new: tupleOf(String(id), 'note'),
});
const commit = (endLsn: bigint): Commit => ({ tag: 'commit', endLsn: endLsn as Lsn, committedAtMicros: 5n });
const keepalive = (walEnd: bigint): Keepalive => ({
  tag: 'keepalive',
  walEnd: walEnd as Lsn,
  replyRequested: false,
});

function follow(...runs: readonly (readonly WalMessage[])[]): readonly (readonly Step[])[] {
  const into: (readonly Step[])[] = [];
  let failure: unknown;
  from(runs)
    .pipe(steps(options))
    .subscribe({ next: (run) => into.push(run), error: (error: unknown) => (failure = error) });
  if (failure !== undefined) throw failure;
  return into;
}

function lsns(run: readonly Step[]): readonly bigint[] {
  return run.filter((step): step is Position => step.kind === 'position').map(({ lsn }) => lsn);
}

test('changes and positions come out in the order in which they came, run by run', () => {
  const [first = [], second = [], third] = follow(
    [keepalive(50n), begin, relation, insert(1), insert(2)],
    [
      {
        tag: 'update',
        relation,
        old: { kind: 'key', tuple: tupleOf('2', null) },
        new: tupleOf('3', 'moved'),
      },
      { tag: 'delete', relation, old: { kind: 'key', tuple: tupleOf('1', null) } },
      commit(100n),
      keepalive(120n),
    ],
    [],
  );
  expect(first.map((step) => step.kind)).toEqual(['position', 'update', 'update']);
  expect(operationsOf(first).map(({ objectID }) => objectID)).toEqual(['1', '2']);
  expect(second.map((step) => step.kind)).toEqual(['delete', 'update', 'delete', 'position', 'position']);
  expect(operationsOf(second).map(({ objectID }) => objectID)).toEqual(['2', '3', '1']);
  expect(second.slice(3)).toEqual([
    { kind: 'position', lsn: 100n, committedAtMicros: 5n },
    { kind: 'position', lsn: 120n, committedAtMicros: undefined },
  ]);
  expect(third).toEqual([]);
});

test('records carry the commit of their own transaction', () => {
  const other = {
    ...begin,
    commitLsn: 0xabc00000def0n as Lsn,
    xid: 8,
    committedAtMicros: 1_795_000_001_000_000n,
  };
  const [run = []] = follow([begin, relation, insert(1), commit(100n), other, insert(2), commit(200n)]);
  expect(operationsOf(run).map(({ body }) => body?.['wal'])).toEqual([
    expect.objectContaining({ lsn: '0/1776B48', xid: 7 }),
    {
      lsn: 'ABC0/DEF0',
      xid: 8,
      committed_at: '2026-11-18T11:06:41.000000Z',
      committed_at_ms: 1_795_000_001_000,
    },
  ]);
});

test('a keepalive inside a transaction is no position', () => {
  const [run = []] = follow([begin, relation, keepalive(500n), insert(1), keepalive(501n), commit(100n)]);
  expect(lsns(run)).toEqual([100n]);
});

test('positions never go backwards', () => {
  const [run = []] = follow([
    keepalive(100n),
    keepalive(90n),
    keepalive(100n),
    begin,
    commit(150n),
    keepalive(140n),
    keepalive(160n),
    begin,
    commit(155n),
  ]);
  expect(lsns(run)).toEqual([100n, 150n, 160n, 160n]);
});

test('what changes no row and commits nothing is left out', () => {
  const content = Buffer.from('x');
  const lsn = 70n as Lsn;
  const [run] = follow([
    { tag: 'message', transactional: false, lsn, prefix: 'p', content },
    { tag: 'type', oid: 20_000, schema: 'public', name: 'mood' },
    begin,
    { tag: 'origin', name: 'elsewhere' },
    { tag: 'message', transactional: true, lsn, prefix: 'p', content },
    relation,
  ]);
  expect(run).toEqual([]);
});

test('a relation that is described but does not change needs no configuration', () => {
  const leaf = relationOf({ note: 25, id: 20 }, { oid: 16_600, name: 'audit_log_2026_11' });
  const [run = []] = follow([begin, leaf, relation, insert(1), commit(100n)]);
  expect(operationsOf(run)).toHaveLength(1);
  expect(() => follow([begin, leaf, insert(1, leaf)])).toThrow(ConfigError);
  expect(() => follow([begin, leaf, insert(1, leaf)])).toThrow(
    /public\.audit_log_2026_11 is published, but not configured/,
  );
});

test('changes of a relation that is told to be no business of ours are passed over, unless it is configured', () => {
  const child = relationOf({ id: 20, note: 25 }, { oid: 16_700, name: 'child' });
  const passedOver = new Set([child.oid, relation.oid]);
  const bindings = new Map([[relation.oid, 'public.audit_log']]);
  const run = [begin, child, insert(1, child), relation, insert(2), commit(100n)];
  const into: Step[] = [];
  from([run])
    .pipe(steps({ ...options, bindings, passedOver }))
    .subscribe((some) => into.push(...some));
  expect(operationsOf(into).map(({ objectID }) => objectID)).toEqual(['2']);
});

test('a table keeps its mapping and its name when it is renamed', () => {
  const renamed = { ...relation, name: 'audit_log_old' };
  const [run = []] = follow([
    begin,
    relation,
    insert(1),
    commit(100n),
    begin,
    renamed,
    insert(2, renamed),
    commit(200n),
  ]);
  expect(operationsOf(run).map(({ body }) => body?.['source_table'])).toEqual([
    'public.audit_log',
    'public.audit_log',
  ]);
});

test('a relation that is described anew is mapped anew', () => {
  const wider = relationOf({ id: 20, note: 25, extra: 16 });
  const row: Insert = { tag: 'insert', relation: wider, new: tupleOf('2', 'note', 't') };
  const [run = []] = follow([begin, relation, insert(1), commit(100n), begin, wider, row, commit(200n)]);
  expect(operationsOf(run).map(({ body }) => body?.['extra'])).toEqual([undefined, true]);
});

test('TRUNCATE is a step for each of its tables, in its place; one of a table that nobody configured stops', () => {
  const stranger = relationOf({ id: 20 }, { oid: 16_700, name: 'other' });
  const [run = []] = follow([
    begin,
    relation,
    insert(1),
    { tag: 'truncate', relations: [relation] },
    insert(2),
  ]);
  expect(run.map((step) => step.kind)).toEqual(['update', 'truncate', 'update']);
  expect(run[1]).toMatchObject({ table: 'public.audit_log', index: 'audit_log', prefix: undefined });
  expect(() => follow([begin, { tag: 'truncate', relations: [stranger] }])).toThrow(ConfigError);
});

test('a change outside a transaction is refused', () => {
  expect(() => follow([relation, insert(1)])).toThrow(ProtocolError);
  expect(() => follow([begin, relation, insert(1), commit(100n), insert(2)])).toThrow(ProtocolError);
});

test('every subscription begins anew', () => {
  const runs = new Subject<readonly WalMessage[]>();
  const followed = runs.pipe(steps(options));
  const seen: (readonly bigint[])[] = [];
  const first = followed.subscribe((run) => seen.push(lsns(run)));
  runs.next([keepalive(100n)]);
  first.unsubscribe();
  followed.subscribe((run) => seen.push(lsns(run)));
  runs.next([keepalive(50n)]);
  expect(seen).toEqual([[100n], [50n]]);
});

test('names that every object has are no tables', () => {
  const odd = relationOf({ id: 20, note: 25 }, { oid: 16_800, schema: 'constructor', name: 'x' });
  expect(() => follow([begin, odd, insert(1, odd)])).toThrow(ConfigError);
});
