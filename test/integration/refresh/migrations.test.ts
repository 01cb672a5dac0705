import { expect, onTestFinished, test } from 'vitest';
import { startOwnCluster } from '../../chaos/own-cluster.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { connect } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

const REFRESH = `SELECT pg_logical_emit_message(true, 'wal2algolia', '{"refresh": {"table": "public.t", "objectIDs": ["1"]}}')`;

/** Two tables that are published, as given, and a pipeline that streams. */
async function startTwoTables(published = 'FOR TABLE t, u') {
  // In the cluster of all tests, every new slot would wait for the migration.
  const database = await startOwnCluster();
  onTestFinished(() => database[Symbol.asyncDispose]());
  const { client, publication, slot } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, note text); CREATE TABLE u (LIKE t INCLUDING ALL);
    INSERT INTO t VALUES (1, 'a'); CREATE PUBLICATION "${publication}" ${published}`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  const server = await startIndex();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const tables = { 'public.t': { index: 't' }, 'public.u': { index: 'u' } };
  const line = startLine(lineConfig(database, server, { tables }));
  onTestFinished(() => line[Symbol.asyncDispose]());
  const streaming = waitFor(() => line.status().state === 'streaming', { description: 'the session' });
  await Promise.race([line.ended, streaming]);
  const application = await connect(database.url);
  onTestFinished(() => application.end());
  return { database, server, line, application };
}

test('a migration that locks one published table and then another is no victim of a refresh in between', async () => {
  const { database, server, line, application } = await startTwoTables();
  await application.query('BEGIN; LOCK TABLE u');
  await database.client.query(REFRESH);
  // Either it waits for the other table, for so long that it has looked for a deadlock already, or it is done.
  await waitFor(
    async () => {
      const { rows } = await database.client.query(
        `SELECT FROM pg_stat_activity WHERE application_name = 'wal2algolia refresh' AND wait_event_type = 'Lock' AND datname = current_database()
           AND now() - query_start > 2 * current_setting('deadlock_timeout')::interval`,
      );
      return rows.length > 0 || server.record('t', '1') !== undefined;
    },
    { description: 'the refresh' },
  );
  await expect(application.query('LOCK TABLE t; COMMIT')).resolves.toBeDefined();
  await drained(database);
  expect(server.record('t', '1')).toContain('"a"');
  await line.stop();
});

test('a table that a migration makes and drops while a refresh looks at the publication costs neither the refresh nor the line', async () => {
  const { database, server, line, application } = await startTwoTables('FOR ALL TABLES');
  await application.query('CREATE TABLE scratch (LIKE t)');
  await application.query('BEGIN; DROP TABLE scratch');
  await database.client.query(REFRESH);
  // Postgres 14 does not open the tables of a publication to list them.
  await waitFor(
    async () => {
      const { rows } = await database.client.query(
        `SELECT FROM pg_stat_activity WHERE application_name = 'wal2algolia refresh' AND wait_event_type = 'Lock' AND datname = current_database()`,
      );
      return rows.length > 0 || server.record('t', '1') !== undefined;
    },
    { description: 'the refresh' },
  );
  await application.query('COMMIT');
  await Promise.race([line.ended, drained(database)]);
  expect(server.record('t', '1') ?? 'nothing').toContain('"a"');
  await line.stop();
});
