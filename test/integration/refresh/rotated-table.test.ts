import { expect, test } from 'vitest';
import { lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { createSlot, large, settled, tables } from './refresh-case.ts';

test('a table that got the name of one that was renamed is read itself', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  const create = `CREATE TABLE t (id int PRIMARY KEY, note text, body text); ALTER TABLE t ALTER COLUMN body SET STORAGE EXTERNAL;`;
  await client.query(`${create} CREATE PUBLICATION "${publication}" FOR ALL TABLES`);
  await createSlot(database);
  await using server = await startIndex({ recordBytesMax: 100_000 });
  await using line = startLine(
    lineConfig(database, server, { tables, algolia: { recordBytesMax: 100_000 } }),
  );
  await waitFor(() => line.status().state === 'streaming', { description: 'streaming' });
  await client.query(
    `BEGIN; ALTER TABLE t RENAME TO old; ALTER INDEX t_pkey RENAME TO old_pkey; ${create} COMMIT`,
  );
  await client.query('INSERT INTO t VALUES (1, $1, $2)', ['first', large()]);
  await settled(line, database);
  expect(server.record('t', '1')).toContain('first');
  await client.query(`UPDATE t SET note = 'second'`);
  await settled(line, database);
  expect(server.record('t', '1')).toContain('second');
});
