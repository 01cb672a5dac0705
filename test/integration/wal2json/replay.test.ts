import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained } from '../../support/line.ts';
import { recordsSql, replayCase } from '../replay/replay-case.ts';

const TABLES = {
  'public.t': { index: 't', attributes: { id: 'id', actor_id: 'actor_id', v: 'v' } },
};
const LARGE = randomBytes(2_000).toString('hex');

test('what came after a bookmark comes back, in place and in another index, with all that a row can undergo', async () => {
  await using it = await replayCase({ tables: TABLES, plugin: 'wal2json' });
  const { database, server, sql } = it;
  it.startLine();
  await sql('ALTER TABLE t ALTER v SET STORAGE EXTERNAL');
  await sql(`INSERT INTO t SELECT i, 'before', 'row ' || i FROM generate_series(1, 100) i`);
  await sql(`INSERT INTO t VALUES (200, 'large', $1)`, [LARGE]);
  await it.bookmark();
  await sql(`INSERT INTO t SELECT i, 'a', 'ünï "quoted" ' || i FROM generate_series(1001, 2000) i`);
  await sql(`UPDATE t SET v = NULL WHERE id BETWEEN 1 AND 10`);
  await sql('DELETE FROM t WHERE id BETWEEN 1001 AND 1100');
  await sql('UPDATE t SET id = id + 100000 WHERE id BETWEEN 1101 AND 1150');
  await sql(`UPDATE t SET actor_id = 'changed' WHERE id = 200`);
  await drained(database);
  const [until] = await sql('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  const touched = 'id <= 10 OR id >= 200';
  await it.clear();
  const inPlace = await it.replay('--json');
  expect(inPlace.code, inPlace.stderr).toBe(0);
  expect(inPlace.json).toMatchObject({ records: 1_061, transactions: 5, truncated: [] });
  expectEqual(await compareIndex(database.client, server, 't', recordsSql(touched)), 911);

  const into = await it.replay('--into', 'other', '--json');
  expect(into.code, into.stderr).toBe(0);
  expect(into.json).toMatchObject({ into: 'other', notIndexed: [] });
  expectEqual(await compareIndex(database.client, server, 'other', recordsSql(touched)), 911);

  await sql('TRUNCATE t');
  await sql(`INSERT INTO t VALUES (1, 'after', 'all')`);
  await drained(database);
  const before = await it.replay('--into', 'before', '--until', String(until?.['lsn']));
  expect(before.code, before.stderr).toBe(0);
  // Of row 200 the large value did not travel, and is gone by now.
  const { 200: _, ...others } = await it.records('other');
  expect(await it.records('before')).toEqual(others);
  const all = await it.replay('--into', 'all');
  expect(all.code, all.stderr).toBe(0);
  expect(await it.records('all')).toEqual({ 1: { id: 1, actor_id: 'after', v: 'all' } });
  const told = await it.replay('--json');
  expect(told.json).toMatchObject({ truncated: ['public.t'] });
});
