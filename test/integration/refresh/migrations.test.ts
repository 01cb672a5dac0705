import { expect, onTestFinished, test } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { connect, createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

test('a migration that locks one published table and then another is no victim of a refresh in between', async () => {
  await using database = await createDatabase();
  const { client, publication, slot } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, note text); CREATE TABLE u (LIKE t INCLUDING ALL);
    INSERT INTO t VALUES (1, 'a'); CREATE PUBLICATION "${publication}" FOR TABLE t, u`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  await using server = await startIndex();
  const tables = { 'public.t': { index: 't' }, 'public.u': { index: 'u' } };
  await using line = startLine(lineConfig(database, server, { tables }));
  await waitFor(() => line.status().state === 'streaming', { description: 'the session' });
  const application = await connect(database.url);
  onTestFinished(() => application.end());
  await application.query('BEGIN; LOCK TABLE u');
  await client.query(
    `SELECT pg_logical_emit_message(true, 'wal2algolia', '{"refresh": {"table": "public.t", "objectIDs": ["1"]}}')`,
  );
  // Either it waits for the other table, for so long that it has looked for a deadlock already, or it is done.
  await waitFor(
    async () => {
      const { rows } = await client.query(
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
