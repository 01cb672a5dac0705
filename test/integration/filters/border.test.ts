import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { type FilteredTables, setUpFilters } from './filter-setup.ts';

const FILTER = `tenant <> 'internal'`;

type Case = { readonly ddl: string; readonly shows?: string };

const KEY = 'id int, tenant text, note text, body text, PRIMARY KEY (id, tenant)';
const cases: Readonly<Record<string, Case>> = {
  'a key that holds the column': { ddl: `CREATE TABLE t (${KEY})` },
  'REPLICA IDENTITY FULL': {
    ddl: 'CREATE TABLE t (id int PRIMARY KEY, tenant text, note text, body text); ALTER TABLE t REPLICA IDENTITY FULL',
  },
  'an identity index': {
    ddl: `CREATE TABLE t (id int PRIMARY KEY, tenant text NOT NULL, note text, body text); CREATE UNIQUE INDEX i ON t (tenant, id);
      ALTER TABLE t REPLICA IDENTITY USING INDEX i`,
  },
  'partitions by the column': {
    ddl: `CREATE TABLE t (${KEY}) PARTITION BY LIST (tenant); CREATE TABLE ours PARTITION OF t FOR VALUES IN ('internal');
      CREATE TABLE rest PARTITION OF t DEFAULT`,
  },
  'partitions, of which one has another order of columns': {
    ddl: `CREATE TABLE t (${KEY}) PARTITION BY RANGE (id); CREATE TABLE low (body text, junk int, tenant text NOT NULL, note text, id int NOT NULL);
      ALTER TABLE low DROP junk; ALTER TABLE t ATTACH PARTITION low FOR VALUES FROM (0) TO (5); CREATE TABLE high PARTITION OF t DEFAULT`,
  },
};

/** 20 kB that stay outside of the row. */
const large = (): string => randomBytes(10_000).toString('hex');

const records = `SELECT id::text AS object_id, to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t') AS record
  FROM t WHERE ${FILTER}`;

async function insertRows({ client }: TestDatabase, from: number, to: number): Promise<void> {
  for (let id = from; id <= to; id++)
    await client.query('INSERT INTO t VALUES ($1, $2, $3, $4)', [
      id,
      id % 2 ? 'internal' : 'acme',
      'new',
      large(),
    ]);
}

const ACROSS: readonly string[] = [
  `UPDATE t SET tenant = 'acme' WHERE id = 1`,
  `UPDATE t SET tenant = 'internal' WHERE id = 2`,
  `UPDATE t SET note = 'outside' WHERE id = 3`,
  `UPDATE t SET note = 'inside' WHERE id = 4`,
  `BEGIN; UPDATE t SET tenant = 'acme' WHERE id = 5; UPDATE t SET tenant = 'internal' WHERE id = 5; COMMIT`,
  `BEGIN; UPDATE t SET tenant = 'internal' WHERE id = 6; UPDATE t SET tenant = 'other', note = 'back' WHERE id = 6; COMMIT`,
  'DELETE FROM t WHERE id IN (7, 8)',
  `UPDATE t SET id = 109, tenant = 'acme' WHERE id = 9`,
  `UPDATE t SET id = 110 WHERE id = 10`,
  `UPDATE t SET id = 111, tenant = 'internal' WHERE id = 12`,
];

test.each(Object.entries(cases))(
  'rows move across the filter with %s: the index is what the filter lets through',
  async (_name, { ddl }) => {
    await using database = await createDatabase();
    await using server = await startIndex({ recordBytesMax: 100_000 });
    const { client } = database;
    await client.query(`${ddl}; ALTER TABLE t ALTER COLUMN body SET STORAGE EXTERNAL`);
    const filtered: FilteredTables = { t: { filter: FILTER } };
    await setUpFilters(database, filtered);
    const tables = { 'public.t': { index: 't', filter: FILTER } };
    const config = lineConfig(database, server, { tables, algolia: { recordBytesMax: 100_000 } });
    await insertRows(database, 1, 12);
    {
      await using line = startLine(config);
      await Promise.race([drained(database), line.ended]);
      expectEqual(await compareIndex(client, server, 't', records), 6);
      for (const sql of ACROSS) {
        await client.query(sql);
        await Promise.race([drained(database), line.ended]);
        expectEqual(await compareIndex(client, server, 't', records), 5);
      }
      await line.stop();
    }
    await insertRows(database, 21, 32);
    const again = ACROSS.map((sql) => sql.replace(/\b(\d+)\b/g, (digits) => String(Number(digits) + 20)));
    for (const sql of again) await client.query(sql);
    await using line = startLine(config);
    await Promise.race([drained(database), line.ended]);
    expectEqual(await compareIndex(client, server, 't', records), 10);
    expect((await setUpFilters(database, filtered)).statements).toEqual([]);
  },
);

test('a filter may look into large values that an update does not touch', async () => {
  await using database = await createDatabase();
  await using server = await startIndex({ recordBytesMax: 1_000_000 });
  const { client } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, note text, body jsonb); ALTER TABLE t REPLICA IDENTITY FULL;
    ALTER TABLE t ALTER COLUMN body SET STORAGE EXTERNAL`);
  const filter = `body ->> 'kind' IS DISTINCT FROM 'private'`;
  await setUpFilters(database, { t: { filter } });
  const tables = { 'public.t': { index: 't', filter } };
  await using line = startLine(
    lineConfig(database, server, { tables, algolia: { recordBytesMax: 1_000_000 } }),
  );
  for (const [id, kind] of ['private', 'public', 'private', 'public', null].entries()) {
    const body = kind === null ? null : JSON.stringify({ kind, text: randomBytes(400_000).toString('hex') });
    await client.query(`INSERT INTO t VALUES ($1, 'new', $2)`, [id, body]);
  }
  await client.query(`UPDATE t SET note = 'changed'; UPDATE t SET body = jsonb_set(body, '{kind}', '"private"') WHERE id = 1;
    UPDATE t SET body = jsonb_set(body, '{kind}', '"public"') WHERE id = 2; UPDATE t SET note = 'again'`);
  await Promise.race([drained(database), line.ended]);
  expectEqual(await compareIndex(client, server, 't', records.replace(FILTER, filter)), 3);
});

async function ask({ client }: TestDatabase, objectIDs: readonly string[]): Promise<void> {
  const wish = JSON.stringify({ refresh: { table: 'public.t', objectIDs } });
  await client.query(`SELECT pg_logical_emit_message(true, 'wal2algolia', $1)`, [wish]);
}

test('rows that are asked for come through the filter: outside of it they are absent, and leave the index where deletes are followed', async () => {
  await using database = await createDatabase();
  await using server = await startIndex();
  const { client } = database;
  await client.query(`CREATE TABLE t (id int, tenant text, note text, PRIMARY KEY (id, tenant));
    INSERT INTO t VALUES (1, 'internal', 'older'), (2, 'acme', 'older'), (3, 'internal', 'older')`);
  await setUpFilters(database, { t: { filter: FILTER } });
  const tables = { 'public.t': { index: 't', filter: FILTER } };
  await plant(server, { objectID: '1', note: 'from before the filter' });
  await using line = startLine(lineConfig(database, server, { tables }));
  await ask(database, ['1', '2', '3']);
  await Promise.race([drained(database), line.ended]);
  expectEqual(await compareIndex(client, server, 't', records));
});

test('where only inserts are followed, what is asked for and outside stays as it was', async () => {
  await using database = await createDatabase();
  await using server = await startIndex();
  const { client } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, tenant text, note text);
    INSERT INTO t VALUES (1, 'internal', 'older'), (2, 'acme', 'older')`);
  const operations = ['insert' as const];
  await setUpFilters(database, { t: { filter: FILTER, operations } });
  const tables = { 'public.t': { index: 't', filter: FILTER, operations } };
  await plant(server, { objectID: '1', note: 'from before the filter' });
  await using line = startLine(lineConfig(database, server, { tables }));
  await ask(database, ['1', '2']);
  await Promise.race([drained(database), line.ended]);
  const kept = `SELECT '1', jsonb_build_object('objectID', '1', 'note', 'from before the filter')`;
  expectEqual(await compareIndex(client, server, 't', `${records} UNION ALL ${kept}`), 2);
});

async function plant(
  { url, appId, adminKey }: { readonly url: string; readonly appId: string; readonly adminKey: string },
  record: { readonly objectID: string; readonly note: string },
): Promise<void> {
  const answer = await fetch(`${url}/1/indexes/t/batch`, {
    method: 'POST',
    headers: { 'x-algolia-application-id': appId, 'x-algolia-api-key': adminKey },
    body: JSON.stringify({ requests: [{ action: 'addObject', body: record }] }),
  });
  expect(answer.status).toBe(200);
}
