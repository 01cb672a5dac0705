import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { RowReader } from '../../../src/database/rows/row-reader.ts';
import { startPostgres } from '../../../src/local/postgres/start-postgres.ts';
import { parseLsn } from '../../../src/lsn.ts';
import { commitsAreHeld } from '../../support/held-commits.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { connect, createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { backfill, createOwnTables, follow, slotPassed, wholeRows } from './backfill-case.ts';

/** Planted: a refresh is not dropped when its row is written behind it. */
const planted = vi.hoisted(() => ({ neverDrops: false }));
vi.mock('../../../src/refresh/pending-refreshes.ts', async (original) => {
  const { pendingRefreshes } = await original<typeof import('../../../src/refresh/pending-refreshes.ts')>();
  return {
    pendingRefreshes: (steps: Parameters<typeof pendingRefreshes>[0]) =>
      pendingRefreshes(planted.neverDrops ? steps.filter(({ kind }) => kind === 'refresh') : steps),
  };
});

const tables = { 'public.t': { index: 't' } };
const { visibility } = RowReader.prototype;

/** A Postgres of the test's own, whose commits can be made to wait for a standby that never answers. */
async function startCluster(): Promise<TestDatabase & { holdCommits(hold: boolean): Promise<void> }> {
  const postgres = await startPostgres({ durable: false });
  const client = await connect(postgres.url);
  const dispose = async (): Promise<void> => {
    await client.end().catch(() => undefined);
    await postgres.stop();
  };
  onTestFinished(dispose);
  await client.query(`SET synchronous_commit = local`);
  await client.query(
    `CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old'), (2, 'other')`,
  );
  await client.query(`CREATE PUBLICATION held FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot('held', 'pgoutput')`);
  const database: TestDatabase = {
    url: postgres.url,
    client,
    name: 'postgres',
    slot: 'held',
    publication: 'held',
    [Symbol.asyncDispose]: dispose,
  };
  await createOwnTables(database);
  return {
    ...database,
    async holdCommits(hold) {
      await client.query(`ALTER SYSTEM SET synchronous_standby_names = '${hold ? 'nobody' : ''}'`);
      await client.query('SELECT pg_reload_conf()');
    },
  };
}

/** A change is in the WAL, delivered, written and confirmed, and visible to nobody yet, when its row is backfilled. */
async function race(isOfEarlierSession: boolean): Promise<void> {
  const looks = vi.spyOn(RowReader.prototype, 'visibility');
  onTestFinished(() => looks.mockRestore());
  const database = await startCluster();
  const { client } = database;
  const server = await startIndex();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const config = lineConfig(database, server, { tables });
  let line = startLine(config);
  onTestFinished(() => line[Symbol.asyncDispose]());
  await drained(database);
  await database.holdCommits(true);
  await commitsAreHeld(database);
  const application = await connect(database.url);
  onTestFinished(() => application.end().catch(() => undefined));
  const update = application.query(`UPDATE t SET v = 'new' WHERE id = 1`);
  update.catch(() => undefined);
  await waitFor(() => server.record('t', '1')?.includes('new'), { description: 'the change to be written' });
  await drained(database);
  if (isOfEarlierSession) {
    await line.stop();
    line = startLine(config);
  }
  const before = server.journal().arrived.length;
  const done = backfill(database, config, { table: 'public.t' });
  done.catch(() => undefined);
  await waitFor(() => looks.mock.calls.length >= 3 || server.journal().arrived.length > before, {
    description: 'the refresh to look three times in vain, or to write',
  });
  await database.holdCommits(false);
  await update;
  await done;
  await line.stop();
  expectEqual(await compareIndex(client, server, 't', wholeRows('t')), 2);
}

describe.each([
  ['this session', false],
  ['a session before', true],
])('a change that %s has written before it is visible', (_, isOfEarlierSession) => {
  test('is not overwritten by the row as a backfill would find it', async () => {
    await race(isOfEarlierSession);
  });

  test('is, where the backfill does not wait for what was delivered', async () => {
    const everything = {
      snapshot: { xmax: 0x7fffffff, running: new Set<number>() },
      waiting: new Set<number>(),
    };
    RowReader.prototype.visibility = async () => everything;
    onTestFinished(() => {
      RowReader.prototype.visibility = visibility;
    });
    await expect(race(isOfEarlierSession)).rejects.toThrow(/0 missing, 0 extra, 1 differing/);
  });
});

/** Which keys are read for a chunk behind which the stream brings a change of the first of them, before it is its turn. */
async function keysRead(): Promise<readonly string[]> {
  const reads = vi.spyOn(RowReader.prototype, 'read');
  onTestFinished(() => reads.mockRestore());
  await using database = await createDatabase();
  const { client, slot } = database;
  await client.query('CREATE TABLE t (id int PRIMARY KEY, v text)');
  await client.query(`INSERT INTO t SELECT i, 'old' FROM generate_series(1, 3) i`);
  await follow(database, 't');
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables });
  await using line = startLine(config);
  server.faults.add({ kind: 'refuse', status: 503, path: '/batch', times: 1_000_000 });
  await client.query(`INSERT INTO t VALUES (4, 'holds the line')`);
  await waitFor(() => server.faults.met > 0, { description: 'a batch that has to wait' });
  let asked = false;
  const passed = slotPassed(database);
  const done = backfill(database, config, {
    table: 'public.t',
    passed: (target) => {
      asked = true;
      return passed(target);
    },
  });
  done.catch(() => undefined);
  await waitFor(() => asked, { description: 'the chunk to be asked for' });
  await client.query(`UPDATE t SET v = 'new' WHERE id = 1; DELETE FROM t WHERE id = 2`);
  const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  const isRead = (): boolean => {
    const { receivedLsn } = line.status().slot;
    return receivedLsn !== null && parseLsn(receivedLsn) >= parseLsn(rows[0]?.lsn ?? '');
  };
  await waitFor(isRead, { description: `both changes to be read from slot ${slot}` });
  server.faults.clear();
  await done;
  await drained(database);
  await line.stop();
  expectEqual(await compareIndex(client, server, 't', wholeRows('t')), 3);
  return reads.mock.calls.flatMap(([{ keys }]) => keys.flat()).sort();
}

test('a key that the stream changes behind the chunk is dropped from it', async () => {
  expect(await keysRead()).toEqual(['3', '4']);
});

test('is read and would be written before its change, where it is not dropped', async () => {
  planted.neverDrops = true;
  onTestFinished(() => {
    planted.neverDrops = false;
  });
  expect(await keysRead()).toEqual(['1', '2', '3', '4']);
});
