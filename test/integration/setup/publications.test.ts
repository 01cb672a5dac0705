import { expect, test } from 'vitest';
import { setUpDatabase } from '../../../src/database/setup/setup.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { ownTables, runSetup, setUp } from './setup-command.ts';

const PARTITIONED = `CREATE SCHEMA "App"; CREATE TABLE "App"."Log" (id int PRIMARY KEY) PARTITION BY RANGE (id);
  CREATE TABLE "App".one PARTITION OF "App"."Log" FOR VALUES FROM (0) TO (10)`;
const TABLES = { 'App.Log': { index: 'log' } };

async function publishedNames({ client, publication }: TestDatabase): Promise<unknown> {
  const { rows } = await client.query(
    'SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = $1 ORDER BY 1, 2',
    [publication],
  );
  return rows;
}

test.each([
  { what: 'lacks the table', list: 'TABLE plain' },
  { what: 'holds the table', list: 'TABLE plain, "App"."Log"' },
])(
  'a publication that $what and does not publish through roots: what to do is said, and helps',
  async ({ list }) => {
    await using database = await createDatabase();
    const { client, publication } = database;
    await client.query(`${PARTITIONED}; CREATE TABLE plain (id int PRIMARY KEY);
    CREATE PUBLICATION "${publication}" FOR ${list} WITH (publish = 'insert')`);
    const setupCase = { database, tables: { ...TABLES, 'public.plain': { index: 'plain' } } };
    const refused = await runSetup(setupCase);
    expect(refused.code).toBe(78);
    expect(refused.stderr).toMatch(/partitioned table "App"\."Log" under the names of its partitions/);
    const remedy = /ALTER PUBLICATION .*? \(publish_via_partition_root = true\)/.exec(refused.stderr)?.[0];
    await client.query(remedy ?? '');
    await setUp(setupCase);
    expect(await publishedNames(database)).toEqual([
      { schemaname: 'App', tablename: 'Log' },
      { schemaname: 'public', tablename: 'plain' },
    ]);
    expect((await setUp(setupCase)).statements).toEqual([]);
  },
);

test('a partitioned table beside one of its partitions is refused', async () => {
  await using database = await createDatabase();
  await database.client.query(PARTITIONED);
  const refused = await runSetup({ database, tables: { ...TABLES, 'App.one': { index: 'one' } } });
  expect(refused.code).toBe(78);
  expect(refused.stderr).toMatch(/"App"\."one" is a partition of "App"\."Log", which is configured as well/);
});

test('an unlogged table, or one with an unlogged partition, is refused before anything is made', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE UNLOGGED TABLE "Fast" (id int PRIMARY KEY);
    CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE UNLOGGED TABLE part PARTITION OF parts DEFAULT`);
  for (const table of ['public.Fast', 'public.parts']) {
    const setupCase = { database, tables: { [table]: { index: 'i' } } };
    const refused = await runSetup(setupCase);
    expect(refused.code).toBe(78);
    expect(await publishedNames(database)).toEqual([]);
    const remedy = /ALTER TABLE .*? SET LOGGED/.exec(refused.stderr)?.[0];
    await client.query(remedy ?? '');
    expect((await setUp({ ...setupCase, dryRun: true })).statements).toHaveLength(2 + ownTables().length);
  }
});

test('of several publications none is touched, and a table in none of them is named', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await client.query(`CREATE SCHEMA "App"; CREATE TABLE "App"."Log" (id int PRIMARY KEY); CREATE TABLE plain (id int PRIMARY KEY);
    CREATE PUBLICATION "${publication}_a" FOR TABLE plain WITH (publish = 'insert'); CREATE PUBLICATION "${publication}_b" WITH (publish = 'insert')`);
  const setupCase = {
    database,
    tables: { ...TABLES, 'public.plain': { index: 'plain' } },
    publication: [`${publication}_a`, `${publication}_b`],
  };
  const refused = await runSetup(setupCase);
  expect(refused.stderr).toMatch(
    /table "App"\."Log" is in none of the publications\n.*ADD TABLE "App"\."Log"$/m,
  );
  await client.query(`ALTER PUBLICATION "${publication}_b" ADD TABLE "App"."Log"`);
  expect((await setUp(setupCase)).statements).toEqual([
    ...ownTables(),
    expect.stringContaining('pg_create_logical_replication_slot'),
  ]);
});

test('an existing publication is narrowed to what it published of inserts, never widened', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await client.query(
    `CREATE TABLE t (id int); CREATE PUBLICATION "${publication}" FOR TABLE t WITH (publish = 'update, delete')`,
  );
  await setUp({ database, tables: { 'public.t': { index: 't' } } });
  const { rows } = await client.query(
    'SELECT pubinsert, pubupdate, pubdelete, pubtruncate FROM pg_publication WHERE pubname = $1',
    [publication],
  );
  expect(rows).toEqual([{ pubinsert: false, pubupdate: false, pubdelete: false, pubtruncate: false }]);
});

test('with REPLICA IDENTITY FULL every column is published, which is said', async () => {
  await using database = await createDatabase();
  await database.client.query('CREATE TABLE t (id int, v int); ALTER TABLE t REPLICA IDENTITY FULL');
  const { notices } = await setUp({ database, tables: { 'public.t': { index: 't', attributes: {} } } });
  expect(notices.join()).toMatch(/public\.t: every column is published, also one that is added later/);
});

test('a slot that is older than the publication: the remedy helps', async () => {
  await using database = await createDatabase();
  const { client, slot } = database;
  await client.query('CREATE TABLE t (id int PRIMARY KEY)');
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  const setupCase = { database, tables: { 'public.t': { index: 't' } } };
  const refused = await runSetup(setupCase);
  expect(refused.code).toBe(78);
  await client.query(/SELECT pg_drop_replication_slot\('\w+'\)/.exec(refused.stderr)?.[0] ?? '');
  expect((await setUp(setupCase)).statements).toHaveLength(2 + ownTables().length);
});

test('with wal2json there is no publication; a server without it is told what to install, and there is no slot then', async () => {
  await using database = await createDatabase();
  const { client, name, slot } = database;
  await client.query('CREATE TABLE t (id int PRIMARY KEY)');
  // Also a server that has the library does not find it there.
  await client.query(`ALTER DATABASE ${name} SET dynamic_library_path = '/nowhere'`);
  const options = {
    slot,
    publications: [database.publication],
    plugin: 'wal2json',
    tables: new Map([['public.t', { objectID: ['id'], columns: undefined }]]),
    runRole: undefined,
  };
  const { statements } = await setUpDatabase(database.url, 'wal2algolia', options, true);
  expect(statements).toEqual([
    ...ownTables(),
    `SELECT pg_create_logical_replication_slot('${slot}', 'wal2json')`,
  ]);
  const { rows } = await client.query<{ major: number }>(
    `SELECT current_setting('server_version_num')::int / 10000 AS major`,
  );
  await expect(setUpDatabase(database.url, 'wal2algolia', options, false)).rejects.toMatchObject({
    code: 'PRECONDITION',
    remedy: expect.stringContaining(`postgresql-${rows[0]?.major}-wal2json`),
  });
  const left = await client.query('SELECT FROM pg_replication_slots WHERE slot_name = $1', [slot]);
  expect(left.rowCount).toBe(0);
});
