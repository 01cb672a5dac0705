import { expect, test } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';

const tables = { 'public.t': { index: 't', objectID: ['id'] } };
const slotOf = ({ client, slot }: TestDatabase) =>
  client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
const ask = ({ client }: TestDatabase, objectIDs: readonly string[], table = 'public.t') =>
  client.query('SELECT pg_logical_emit_message(true, $1, $2)', [
    'wal2algolia',
    JSON.stringify({ refresh: { table, objectIDs } }),
  ]);
const settle = (line: { ended: Promise<void> }, database: TestDatabase) =>
  Promise.race([line.ended, drained(database)]);

test('values that name tables are read as they are streamed', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await client.query(
    `CREATE TABLE t (id int PRIMARY KEY, of regclass); CREATE PUBLICATION "${publication}" FOR TABLE t`,
  );
  await slotOf(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables }));
  await client.query(`INSERT INTO t VALUES (1, 't')`);
  await drained(database);
  const streamed = JSON.parse(server.record('t', '1') ?? '{}').of;
  await ask(database, ['1']);
  await settle(line, database);
  expect(JSON.parse(server.record('t', '1') ?? '{}').of).toBe(streamed);
});
