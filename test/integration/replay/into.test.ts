import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { actorDigest } from '../../../src/records/erased-actors.ts';
import { drained } from '../../support/line.ts';
import { waitFor } from '../../support/wait-for.ts';
import { ask } from '../refresh/refresh-case.ts';
import { type ReplayCase, replayCase } from './replay-case.ts';

type Wal = { readonly lsn: string; readonly committed_at: string };

/** Six transactions, of which each inserts a row and changes row 0. Resolves with where each stands. */
async function sixTransactions(it: ReplayCase): Promise<readonly Wal[]> {
  it.startLine();
  await it.sql(`INSERT INTO t VALUES (0, 'a', 'before')`);
  await it.bookmark();
  for (let n = 1; n <= 6; n++) {
    await it.sql(
      `WITH changed AS (UPDATE t SET v = 'by ${n}' WHERE id = 0) INSERT INTO t VALUES (${n}, 'a', 'row ${n}')`,
    );
  }
  await drained(it.database);
  return [1, 2, 3, 4, 5, 6].map((n) => JSON.parse(it.server.record('t', String(n)) ?? '').wal as Wal);
}

/** What a replay of the first `n` has to leave. */
function imagesOf(n: number): Record<string, unknown> {
  const record = (id: number, v: string) => [String(id), { id, actor_id: 'a', v }] as const;
  const rows = Array.from({ length: n }, (_, index) => record(index + 1, `row ${index + 1}`));
  return Object.fromEntries(n === 0 ? [] : [record(0, `by ${n}`), ...rows]);
}

test('until a position: what was committed before it, exactly', async () => {
  await using it = await replayCase();
  const wal = await sixTransactions(it);
  for (const [n, { lsn }] of wal.entries()) {
    // The commit record starts there: it is not before it, but before the next byte.
    const [next] = await it.sql(`SELECT ($1::pg_lsn + 1)::text AS lsn`, [lsn]);
    for (const [until, images] of [[lsn, n] as const, [String(next?.['lsn']), n + 1] as const]) {
      await it.clear('other');
      const done = await it.replay('--into', 'other', '--until', until);
      expect(done.code, done.stderr).toBe(0);
      expect(await it.records('other'), `until ${until}`).toEqual(imagesOf(images));
    }
  }
});

test('until a time: what was committed before it, to the microsecond', async () => {
  await using it = await replayCase();
  const wal = await sixTransactions(it);
  const { committed_at: fourth } = wal[3] as Wal;
  const [next] = await it.sql(
    `SELECT to_char(($1::timestamptz + interval '1 microsecond') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at`,
    [fourth],
  );
  for (const [until, images] of [[fourth, 3] as const, [String(next?.['at']), 4] as const]) {
    await it.clear('other');
    const done = await it.replay('--into', 'other', '--until', until, '--json');
    expect(done.code, done.stderr).toBe(0);
    expect(await it.records('other'), `until ${until}`).toEqual(imagesOf(images));
  }
  // In place the rows are as they are now, those alone that were touched before.
  await it.clear();
  const done = await it.replay('--until', fourth, '--json');
  expect(done.json).toMatchObject({ records: 4, transactions: 3 });
  expect(await it.records('t')).toEqual({ ...imagesOf(3), 0: { id: 0, actor_id: 'a', v: 'by 6' } });
});

const SHARED = {
  'public.t': { index: 'shared', objectIDPrefix: 't-' },
  'public.u': { index: 'shared', objectIDPrefix: 'u-' },
  'public.w': { index: 'w' },
};
const SHARED_DDL = `CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE u (id int PRIMARY KEY, v text);
  CREATE TABLE w (id int PRIMARY KEY, v text)`;

test('several tables, changed keys, deletes, TRUNCATE: those of one index, and the others are passed over', async () => {
  await using it = await replayCase({ tables: SHARED, ddl: SHARED_DDL });
  it.startLine();
  await it.sql(`INSERT INTO t VALUES (1, 'before'), (2, 'before')`);
  await it.bookmark();
  await it.sql(`INSERT INTO t VALUES (3, 'x'), (4, 'x'), (5, 'x')`);
  await it.sql(`INSERT INTO u VALUES (3, 'gone'), (4, 'gone')`);
  await it.sql(`INSERT INTO w VALUES (3, 'w')`);
  await it.sql('UPDATE t SET id = 30 WHERE id = 3');
  await it.sql('TRUNCATE u');
  await it.sql(
    `BEGIN; INSERT INTO u VALUES (9, 'after'); UPDATE w SET v = 'w2'; DELETE FROM t WHERE id = 4; COMMIT`,
  );
  await it.sql('UPDATE t SET id = 10 WHERE id = 1');
  await drained(it.database);

  const all = await it.replay('--into', 'other');
  expect(all.code).toBe(64);
  expect(all.stderr).toMatch(/several indexes \(shared, w\).*\n.*--table/);
  const both = await it.replay('--into', 'other', '--table', 'public.t', '--table', 'public.u');
  expect(both.code, both.stderr).toBe(0);
  expect(await it.records('other')).toEqual({
    't-5': { id: 5, v: 'x' },
    't-10': { id: 10, v: 'before' },
    't-30': { id: 30, v: 'x' },
    'u-9': { id: 9, v: 'after' },
  });
  const one = await it.replay('--into', 'only-u', '--table', 'public.u');
  expect(one.code, one.stderr).toBe(0);
  expect(await it.records('only-u')).toEqual({ 'u-9': { id: 9, v: 'after' } });

  // In place: old keys of changed ones are touched, too.
  await it.clear('shared');
  await it.clear('w');
  const done = await it.replay('--json');
  expect(done.json).toMatchObject({ truncated: ['public.u'] });
  expect(await it.records('shared')).toEqual(await it.records('other'));
  expect(await it.records('w')).toEqual({ 3: { id: 3, v: 'w2' } });
  const told = await it.replay();
  expect(told.stdout).toMatch(/note: public.u was emptied meanwhile/);
});

test('who is erased stays out, what cannot be indexed is told, and neither mixes with what the pipeline keeps', async () => {
  await using it = await replayCase();
  it.startLine();
  await it.bookmark();
  await it.sql(`INSERT INTO t VALUES (1, 'mallory', 'x'), (2, 'alice', 'x'), (3, 'bob', $1)`, [
    'y'.repeat(20_000),
  ]);
  await drained(it.database);
  const lettersSql = 'SELECT slot_name, object_id, reason FROM wal2algolia.dead_letter';
  const letters = await it.sql(lettersSql);
  expect(letters).toMatchObject([{ slot_name: it.database.slot, object_id: '3' }]);
  await it.sql(
    'INSERT INTO wal2algolia.erased_actor (slot_name, digest, finished_at) VALUES ($1, $2, now())',
    [it.database.slot, actorDigest('mallory')],
  );
  // As one that was killed leaves them.
  await it.sql(
    `INSERT INTO wal2algolia.dead_letter (slot_name, table_name, index_name, object_id, action, reason, message)
     SELECT 'replay into other', table_name, 'other', '77', action, reason, message FROM wal2algolia.dead_letter`,
  );
  const done = await it.replay('--into', 'other', '--json');
  expect(done.code, done.stderr).toBe(0);
  expect(done.json).toMatchObject({
    written: 1,
    notIndexed: [{ table: 'public.t', objectID: '3', reason: 'too-large' }],
  });
  expect(await it.records('other')).toEqual({ 2: { id: 2, actor_id: 'alice', v: 'x' } });
  expect(await it.sql(lettersSql)).toEqual(letters);
  expect(await it.sql('SELECT finished_at IS NULL AS open FROM wal2algolia.erased_actor')).toEqual([
    { open: false },
  ]);
});

test("requests to refresh are the main index's business; a large value that did not travel is read as it is now", async () => {
  await using it = await replayCase();
  it.startLine();
  const large = randomBytes(2_000).toString('hex');
  await it.sql('ALTER TABLE t ALTER v SET STORAGE EXTERNAL');
  await it.sql(`INSERT INTO t VALUES (1, 'a', $1), (2, 'b', 'never touched again')`, [large]);
  await it.bookmark();
  await it.sql(`UPDATE t SET actor_id = 'c' WHERE id = 1`);
  await ask(it.database, ['2']);
  await drained(it.database);
  const done = await it.replay('--into', 'other');
  expect(done.code, done.stderr).toBe(0);
  expect(await it.records('other')).toEqual({ 1: { id: 1, actor_id: 'c', v: large } });
});

test('somebody is erased while it runs: it ends with what to do', async () => {
  await using it = await replayCase();
  it.startLine();
  await it.bookmark();
  await it.sql(`INSERT INTO t VALUES (1, 'mallory', 'x')`);
  await drained(it.database);
  it.server.faults.add({ kind: 'refuse', status: 503, path: '/1/indexes/other/batch', times: 10_000 });
  const replaying = it.replay('--into', 'other');
  await waitFor(() => it.server.faults.met > 0, { description: 'the replay to write' });
  await it.sql('INSERT INTO wal2algolia.erased_actor (slot_name, digest) VALUES ($1, $2)', [
    it.database.slot,
    actorDigest('mallory'),
  ]);
  it.server.faults.clear();
  const done = await replaying;
  expect(done.code).toBe(78);
  expect(done.stderr).toMatch(/somebody was erased while this ran.*\n.*Clear index other/);
});

test('the settings of its tables are applied to the other index, before anything is in it', async () => {
  const settings = { customRanking: ['desc(id)'], attributesToRetrieve: ['id', 'v'] };
  await using it = await replayCase({ tables: { 'public.t': { index: 't', settings } } });
  it.startLine();
  await it.bookmark();
  await it.sql(`INSERT INTO t VALUES (1, 'a', 'x'), (2, 'b', 'y')`);
  await drained(it.database);
  const done = await it.replay('--into', 'other', '--json');
  expect(done.code, done.stderr).toBe(0);
  expect(done.json).toMatchObject({ into: 'other', written: 2 });
  const { url, appId, adminKey } = it.server;
  const headers = { 'x-algolia-application-id': appId, 'x-algolia-api-key': adminKey };
  const answer = await fetch(`${url}/1/indexes/other/settings`, { headers });
  expect(await answer.json()).toMatchObject(settings);
});
