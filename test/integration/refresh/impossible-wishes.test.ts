import { expect, test } from 'vitest';
import { lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { ask, createSlot, settled, tables } from './refresh-case.ts';

test('half of a surrogate pair does not stand for another key', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await client.query(
    `CREATE TABLE t (id text PRIMARY KEY, note text); CREATE PUBLICATION "${publication}" FOR TABLE t`,
  );
  await createSlot(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables }));
  await client.query(`INSERT INTO t VALUES (U&'\\FFFD', 'a')`);
  await ask(database, ['\ud800']);
  await settled(line, database);
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
    await createSlot(database);
    await using server = await startIndex();
    await using line = startLine(lineConfig(database, server, { tables }));
    await ask(database, keys);
    await settled(line, database);
  },
);
