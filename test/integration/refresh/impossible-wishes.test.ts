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

test('half of a surrogate pair does not stand for another key', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await client.query(
    `CREATE TABLE t (id text PRIMARY KEY, note text); CREATE PUBLICATION "${publication}" FOR TABLE t`,
  );
  await slotOf(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables }));
  await client.query(`INSERT INTO t VALUES (U&'\\FFFD', 'a')`);
  await ask(database, ['\ud800']);
  await settle(line, database);
  expect(server.record('t', '\ufffd')).toContain('"a"');
});

test.each([['text', ['x'.repeat(20_000)]]])(
  'somebody asks for a key of type %s that cannot be one: it is passed over',
  async (type, keys) => {
    await using database = await createDatabase();
    const { client, publication } = database;
    if (type === 'ltree') await client.query(`CREATE EXTENSION ltree`);
    await client.query(
      `CREATE TABLE t (id ${type} PRIMARY KEY, note text); CREATE PUBLICATION "${publication}" FOR TABLE t`,
    );
    if (type === 'text') await client.query('INSERT INTO t VALUES ($1)', keys);
    await slotOf(database);
    await using server = await startIndex();
    await using line = startLine(lineConfig(database, server, { tables }));
    await ask(database, keys);
    await settle(line, database);
  },
);
