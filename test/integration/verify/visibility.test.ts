import { expect, onTestFinished, test } from 'vitest';
import { planOwnTables } from '../../../src/database/own-tables/own-tables-plan.ts';
import { startPostgres } from '../../../src/local/postgres/start-postgres.ts';
import { commitsAreHeld } from '../../support/held-commits.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { connect, serverMajor, type TestDatabase } from '../../support/postgres.ts';
import { localBinaries } from '../../support/postgres-choice.ts';
import { waitFor } from '../../support/wait-for.ts';
import { facts, intruder, TABLES, verified } from './verify-case.ts';

/** A Postgres of the test's own, so that commits of others are not held with those of this one. */
async function startCluster(): Promise<TestDatabase> {
  const postgres = await startPostgres({ binaries: await localBinaries(serverMajor()), durable: false });
  const client = await connect(postgres.url);
  const dispose = async (): Promise<void> => {
    await client.end().catch(() => undefined);
    await postgres.stop();
  };
  onTestFinished(dispose);
  await client.query('SET synchronous_commit = local');
  await client.query('CREATE TABLE t (id int8 PRIMARY KEY, occurred_at timestamptz, v text)');
  await client.query('CREATE PUBLICATION held FOR TABLE t');
  await client.query(`SELECT pg_create_logical_replication_slot('held', 'pgoutput')`);
  for (const sql of await planOwnTables(client, 'postgres')) await client.query(sql);
  const names = { name: 'postgres', slot: 'held', publication: 'held' };
  return { url: postgres.url, client, ...names, [Symbol.asyncDispose]: dispose };
}

const WRITES = {
  insert: `INSERT INTO t VALUES (9, '2024-01-09', 'held')`,
  update: `UPDATE t SET v = 'held' WHERE id = 2`,
  delete: 'DELETE FROM t WHERE id = 2',
};

test.each([
  ['insert', {}],
  ['update', {}],
  ['delete', {}],
  ['insert', { rowsPerWindow: 2 }],
] as const)(
  'an %s that is in the WAL and the index, and not visible, is no difference',
  async (write, limits) => {
    const database = await startCluster();
    const { client } = database;
    await using server = await startIndex();
    const config = lineConfig(database, server, { tables: TABLES });
    await using line = startLine(config);
    await client.query(
      `INSERT INTO t SELECT i, timestamptz '2024-01-01' + i * interval '1 day', 'row' FROM generate_series(1, 5) i`,
    );
    await drained(database);
    await client.query(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`);
    await client.query('SELECT pg_reload_conf()');
    await commitsAreHeld(database);
    const application = await connect(database.url);
    onTestFinished(() => application.end().catch(() => undefined));
    const commit = application.query(WRITES[write]);
    await waitFor(
      async () =>
        (await client.query(`SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'`)).rows.length > 0,
      { description: 'the commit to wait' },
    );
    await drained(database);
    const isThere = { insert: server.record('t', '9'), update: server.record('t', '2')?.includes('held') };
    if (write === 'delete') expect(server.record('t', '2')).toBeUndefined();
    else expect(isThere[write]).toBeTruthy();

    using index = intruder(server);
    await index.alter('4', { v: 'altered' });
    const found = facts(await verified(database, config, { limits }));
    expect(found).toMatchObject({ rows: 5, counts: [0, 0, 1, 0], listed: ['differing 4 v'] });
    expect(found.excused).toEqual({ newer: 1 });

    await client.query('ALTER SYSTEM RESET synchronous_standby_names');
    await client.query('SELECT pg_reload_conf()');
    await commit;
    expect(facts(await verified(database, config, { limits }))).toMatchObject({
      listed: ['differing 4 v'],
      excused: {},
    });
    await line.stop();
  },
);

test('rows that are visible and that the stream has not brought yet are waited for', async () => {
  const database = await startCluster();
  const { client } = database;
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: TABLES });
  await using line = startLine(config);
  await client.query(`INSERT INTO t VALUES (1, '2024-01-01', 'row')`);
  await drained(database);
  server.faults.add({ kind: 'refuse', status: 503, times: 1_000_000, path: '/batch' });
  await client.query(
    `INSERT INTO t SELECT i, '2024-01-01', 'row' FROM generate_series(2, 300) i; DELETE FROM t WHERE id = 1`,
  );
  const comparing = verified(database, config);
  comparing.catch(() => undefined);
  await waitFor(() => server.faults.met >= 3, { description: 'the rows to be refused again and again' });
  expect(server.record('t', '300')).toBeUndefined();
  server.faults.clear();
  expect(facts(await comparing)).toEqual({
    rows: 299,
    records: 299,
    counts: [0, 0, 0, 0],
    excused: {},
    listed: [],
  });
  await line.stop();
});

test.each([
  ['is long past, and whose xid has come round since', 1_000_000_000, Date.parse('2020-01-01')],
  ['was lost by a failover', 0, Date.now()],
])('a record whose transaction %s is compared like any other', async (_, ahead, committedAtMs) => {
  const database = await startCluster();
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: TABLES });
  await using line = startLine(config);
  await database.client.query(
    `INSERT INTO t SELECT i, timestamptz '2024-01-01' + i * interval '1 day', 'row' FROM generate_series(1, 5) i`,
  );
  await drained(database);
  using index = intruder(server);
  const { rows } = await database.client.query<{ xid: number }>(
    'SELECT pg_current_xact_id()::text::int8::float8 AS xid',
  );
  // Those of the own line go on from there, but not as far.
  const xid = (rows[0]?.xid ?? 0) + 1_000 + ahead;
  const wal = { lsn: 'F/1', xid, committed_at_ms: committedAtMs };
  await index.put({ objectID: '9', v: 'extra', wal });
  await index.alter('1', { v: 'altered', wal });
  for (const limits of [{}, { rowsPerWindow: 2 }])
    expect(facts(await verified(database, config, { limits }))).toMatchObject({
      listed: ['differing 1 v', 'extra 9'],
      excused: {},
    });
  await line.stop();
});
