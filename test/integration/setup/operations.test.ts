import { expect, test } from 'vitest';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { runSetup, setUp } from './setup-command.ts';

const TABLES =
  'CREATE TABLE a (id int PRIMARY KEY, note text); CREATE TABLE b (id int PRIMARY KEY, note text)';
const records = (table: string, rows: string): string =>
  `SELECT id::text AS object_id, to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.${table}') AS record FROM (${rows}) t`;
const key = ({ appId, adminKey, url }: AlgoliaServer) => ({ appId, apiKey: adminKey, hosts: [url] });

async function published({ client, publication }: TestDatabase): Promise<unknown> {
  const { rows } = await client.query(
    `SELECT concat_ws(', ', CASE WHEN pubinsert THEN 'insert' END, CASE WHEN pubupdate THEN 'update' END,
       CASE WHEN pubdelete THEN 'delete' END, CASE WHEN pubtruncate THEN 'truncate' END) AS publish
     FROM pg_publication WHERE pubname = $1`,
    [publication],
  );
  return rows[0]?.publish;
}

test('a table is followed for what it chooses, and its neighbour for everything', async () => {
  await using database = await createDatabase();
  await using server = await startIndex();
  const { client } = database;
  await client.query(TABLES);
  const tables = {
    'public.a': { index: 'a', operations: ['insert' as const] },
    'public.b': { index: 'b' },
  };
  await setUp({ database, tables, algolia: key(server) });
  expect(await published(database)).toBe('insert, update, delete, truncate');
  await using line = startLine(lineConfig(database, server, { tables }));
  for (const table of ['a', 'b']) {
    await client.query(`INSERT INTO ${table} SELECT g, 'new' FROM generate_series(1, 4) g;
      UPDATE ${table} SET note = 'changed' WHERE id = 1; UPDATE ${table} SET id = 12 WHERE id = 2; DELETE FROM ${table} WHERE id = 3`);
  }
  await drained(database);
  expectEqual(await compareIndex(client, server, 'b', records('b', 'SELECT * FROM b')), 3);
  const inserted = `SELECT g AS id, 'new' AS note FROM generate_series(1, 4) g`;
  expectEqual(await compareIndex(client, server, 'a', records('a', inserted)), 4);
  await client.query('TRUNCATE a, b');
  await drained(database);
  expectEqual(await compareIndex(client, server, 'a', records('a', inserted)), 4);
  expectEqual(await compareIndex(client, server, 'b', records('b', 'SELECT * FROM b')), 0);
  expect(line.status().state).toBe('streaming');
});

test('a publication has what the tables choose, and gets what is missing', async () => {
  await using database = await createDatabase();
  await database.client.query(TABLES);
  const choosing = (...operations: ('insert' | 'update' | 'delete' | 'truncate')[]) => ({
    database,
    tables: {
      'public.a': { index: 'a', operations },
      'public.b': { index: 'b', operations: ['insert' as const] },
    },
  });
  await setUp(choosing('insert'));
  expect(await published(database)).toBe('insert');
  const { statements } = await setUp(choosing('delete', 'truncate'));
  expect(statements).toEqual([
    `ALTER PUBLICATION "${database.publication}" SET (publish = 'insert, delete, truncate')`,
  ]);
  expect(await published(database)).toBe('insert, delete, truncate');
  expect((await setUp(choosing('insert'))).statements).toEqual([]);
});

test('run refuses a publication that publishes less than is chosen, and its remedy helps', async () => {
  await using database = await createDatabase();
  await using server = await startIndex();
  const { client, publication, slot } = database;
  await client.query(`${TABLES}; CREATE PUBLICATION "${publication}" FOR TABLE a WITH (publish = 'insert')`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  const tables = { 'public.a': { index: 'a', operations: ['insert' as const, 'update' as const] } };
  await using refused = startLine(lineConfig(database, server, { tables }));
  const error = await refused.ended.then(
    () => undefined,
    (reason: unknown) => reason as Error & { remedy: string; exitCode: number },
  );
  expect(error).toMatchObject({
    message: expect.stringMatching(/public\.a: `operations` asks for update, which publication/),
    exitCode: 78,
  });
  await client.query(/ALTER PUBLICATION .*?\)/.exec(error?.remedy ?? '')?.[0] ?? '');
  expect(await published(database)).toBe('insert, update');
});

test('updates that could not be followed, or would make statements of another table fail, are refused', async () => {
  await using database = await createDatabase();
  await database.client.query('CREATE TABLE a (id int, note text); CREATE TABLE b (id int PRIMARY KEY)');
  const operations = ['insert' as const, 'update' as const];
  const blind = await runSetup({ database, tables: { 'public.a': { index: 'a', operations } } });
  expect(blind.code).toBe(78);
  expect(blind.stderr).toMatch(
    /public\.a: `operations` asks for updates or deletes, and its replica identity/,
  );
  for (const a of [{ index: 'a' }, { index: 'a', operations: ['insert' as const] }]) {
    const mixed = await runSetup({
      database,
      tables: { 'public.a': a, 'public.b': { index: 'b', operations } },
    });
    expect(mixed.code).toBe(78);
    expect(mixed.stderr).toMatch(
      /publishing those of public\.a could make the application's statements fail/,
    );
  }
  expect(await published(database)).toBeUndefined();
});
