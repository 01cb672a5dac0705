import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

const tables = { 'public.t': { index: 't', objectID: ['id'] } };
const big = () => randomBytes(10_000).toString('hex');
const slotOf = ({ client, slot }: TestDatabase) =>
  client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
const settle = (line: { ended: Promise<void> }, database: TestDatabase) =>
  Promise.race([line.ended, drained(database)]);

test('a table that got the name of one that was renamed is read itself', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  const create = `CREATE TABLE t (id int PRIMARY KEY, note text, body text); ALTER TABLE t ALTER COLUMN body SET STORAGE EXTERNAL;`;
  await client.query(`${create} CREATE PUBLICATION "${publication}" FOR ALL TABLES`);
  await slotOf(database);
  await using server = await startIndex({ recordBytesMax: 100_000 });
  await using line = startLine(
    lineConfig(database, server, { tables, algolia: { recordBytesMax: 100_000 } }),
  );
  await waitFor(() => line.status().state === 'streaming', { description: 'streaming' });
  await client.query(
    `BEGIN; ALTER TABLE t RENAME TO old; ALTER INDEX t_pkey RENAME TO old_pkey; ${create} COMMIT`,
  );
  await client.query('INSERT INTO t VALUES (1, $1, $2)', ['first', big()]);
  await settle(line, database);
  expect(server.record('t', '1')).toContain('first');
  await client.query(`UPDATE t SET note = 'second'`);
  await settle(line, database);
  expect(server.record('t', '1')).toContain('second');
});
