import { expect, onTestFinished, test } from 'vitest';
import { startPostgres } from '../../../src/local/postgres/start-postgres.ts';
import { commitsAreHeld } from '../../support/held-commits.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { connect, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

const tables = { 'public.t': { index: 't' } };

/** A Postgres of the test's own, with prepared transactions. */
async function startCluster(): Promise<TestDatabase> {
  const postgres = await startPostgres({ durable: false, settings: { max_prepared_transactions: '5' } });
  const client = await connect(postgres.url);
  const dispose = async (): Promise<void> => {
    await client.end().catch(() => undefined);
    await postgres.stop();
  };
  onTestFinished(dispose);
  await client.query(`SET synchronous_commit = local`);
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, note text); CREATE PUBLICATION held FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot('held', 'pgoutput')`);
  const names = { name: 'postgres', slot: 'held', publication: 'held' };
  return { url: postgres.url, client, ...names, [Symbol.asyncDispose]: dispose };
}

test.each([
  ['commits a prepared transaction', 'postgres'],
  ['is of a role whose activity ours may not see', 'application'],
])(
  'a commit that a process before this one has delivered, that is not visible yet, and that %s',
  async (what, user) => {
    const database = await startCluster();
    const { client } = database;
    await client.query(`INSERT INTO t VALUES (1, 'old'); CREATE ROLE run LOGIN REPLICATION PASSWORD 'p';
    CREATE ROLE application LOGIN PASSWORD 'p'; GRANT ALL ON t TO run, application`);
    const url = new URL(database.url);
    if (user === 'application') {
      url.username = 'run';
      url.password = 'p';
    }
    await using server = await startIndex();
    const config = { ...lineConfig(database, server, { tables }), postgres: { url: url.href } };
    let line = startLine(config);
    onTestFinished(() => line[Symbol.asyncDispose]());
    await drained(database);
    const as = new URL(database.url);
    if (user === 'application') {
      as.username = 'application';
      as.password = 'p';
    }
    const application = await connect(as.href);
    onTestFinished(() => application.end().catch(() => undefined));
    const isPrepared = what.includes('prepared');
    if (isPrepared) await application.query(`BEGIN; UPDATE t SET note = 'new'; PREPARE TRANSACTION 'p'`);
    await client.query(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`);
    await client.query('SELECT pg_reload_conf()');
    await commitsAreHeld(database);
    const commit = application.query(isPrepared ? `COMMIT PREPARED 'p'` : `UPDATE t SET note = 'new'`);
    await waitFor(
      async () =>
        (await client.query(`SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'`)).rows.length > 0,
      { description: 'the commit to wait' },
    );
    await drained(database);
    await waitFor(() => server.record('t', '1')?.includes('new'), { description: 'the new version' });
    await line.stop();
    line = startLine(config);
    await client.query(
      `SELECT pg_logical_emit_message(true, 'wal2algolia', '{"refresh": {"table": "public.t", "objectIDs": ["1"]}}')`,
    );
    const before = server.journal().arrived.length;
    // Waits for it to be visible, or writes the old one.
    const isLooking = async () =>
      (
        await client.query(`SELECT FROM pg_stat_activity WHERE application_name = 'wal2algolia refresh'
      AND query LIKE '%pg_current_snapshot%' AND state = 'idle' AND now() - backend_start > '1 s'`)
      ).rows.length > 0;
    await waitFor(async () => server.journal().arrived.length > before || (await isLooking()), {
      description: 'it to wait or write',
    });
    await client.query(`ALTER SYSTEM RESET synchronous_standby_names`);
    await client.query('SELECT pg_reload_conf()');
    await commit;
    await drained(database);
    await line.stop();
    expect(server.record('t', '1')).toContain('new');
  },
);
