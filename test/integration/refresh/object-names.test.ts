import { expect, test } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { ask, createSlot, settled, tables } from './refresh-case.ts';

test('values that name tables are read as they are streamed', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await client.query(
    `CREATE TABLE t (id int PRIMARY KEY, of regclass); CREATE PUBLICATION "${publication}" FOR TABLE t`,
  );
  await createSlot(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables }));
  await client.query(`INSERT INTO t VALUES (1, 't')`);
  await drained(database);
  const streamed = JSON.parse(server.record('t', '1') ?? '{}').of;
  await ask(database, ['1']);
  await settled(line, database);
  expect(JSON.parse(server.record('t', '1') ?? '{}').of).toBe(streamed);
});
