import { expect, test } from 'vitest';
import type { Wal2AlgoliaError } from '../../../src/errors.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { type FilteredTables, setUpFilters } from './filter-setup.ts';

const TABLE = `CREATE TABLE t (id int PRIMARY KEY, tenant text, note text NOT NULL); INSERT INTO t SELECT g, 'acme', 'n' FROM generate_series(1, 50) g`;
const FILTER = `note <> 'secret'`;

async function refusal(database: TestDatabase, tables: FilteredTables): Promise<Wal2AlgoliaError> {
  const before = await publications(database);
  const error = await setUpFilters(database, tables).then(
    () => undefined,
    (thrown: Wal2AlgoliaError) => thrown,
  );
  expect(error).toMatchObject({ exitCode: 78 });
  expect(await publications(database)).toEqual(before);
  return error as Wal2AlgoliaError;
}

async function publications({ client, publication }: TestDatabase): Promise<unknown[]> {
  const { rows } = await client.query(
    `SELECT p.pubname, pubinsert, pubupdate, pubdelete, pubtruncate, pg_get_expr(r.prqual, r.prrelid) AS filter
     FROM pg_publication p LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid WHERE pubname = $1 ORDER BY r.prrelid`,
    [publication],
  );
  return rows;
}

/** What the application does meanwhile; none of it may fail. */
async function work({ client }: TestDatabase, table = 't'): Promise<void> {
  await client.query(
    `UPDATE ${table} SET tenant = 'other' WHERE id % 5 = 1; UPDATE ${table} SET note = 'secret' WHERE id % 7 = 2`,
  );
  await client.query(`DELETE FROM ${table} WHERE id = (SELECT min(id) FROM ${table})`);
  await client.query(`INSERT INTO ${table} SELECT max(id) + 1, 'acme', 'new' FROM ${table}`);
}

/** Setup, statement by statement, with the application at work in between. */
async function setUpAtWork(database: TestDatabase, tables: FilteredTables): Promise<readonly string[]> {
  const { statements } = await setUpFilters(database, tables, { dryRun: true });
  for (const sql of statements) {
    await database.client.query(sql);
    for (const table of Object.keys(tables)) await work(database, table);
  }
  expect((await setUpFilters(database, tables)).statements).toEqual([]);
  return statements;
}

test('a filter over columns that the replica identity lacks is refused where updates are followed, and each remedy helps', async () => {
  for (const remedy of [/ALTER TABLE \S+ REPLICA IDENTITY FULL/, undefined]) {
    await using database = await createDatabase();
    await database.client.query(TABLE);
    const { message, remedy: said = '' } = await refusal(database, { t: { filter: FILTER } });
    expect(message).toMatch(
      /^public\.t: its row filter looks at "note", which its replica identity does not hold/,
    );
    if (remedy === undefined) {
      expect(said).toMatch(/`operations` to \["insert"\]/);
      await setUpAtWork(database, { t: { filter: FILTER, operations: ['insert'] } });
    } else {
      await database.client.query(remedy.exec(said)?.[0] ?? '');
      await setUpAtWork(database, { t: { filter: FILTER } });
    }
  }
});

test('a table whose identity loses the columns later: setup says what is wrong, and its remedy mends it', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`${TABLE}; ALTER TABLE t REPLICA IDENTITY FULL`);
  await setUpFilters(database, { t: { filter: FILTER } });
  await client.query('ALTER TABLE t REPLICA IDENTITY DEFAULT');
  await expect(work(database)).rejects.toMatchObject({ code: '42P10' });
  await refusal(database, { t: { filter: FILTER } });
  await setUpAtWork(database, { t: { filter: FILTER, operations: ['insert'] } });
});

test('an identity index that holds the columns is as good as FULL', async () => {
  await using database = await createDatabase();
  await database.client.query(`${TABLE}; CREATE UNIQUE INDEX i ON t (id, note)`);
  const { remedy = '' } = await refusal(database, { t: { filter: `${FILTER} AND id > 0` } });
  const alter = /ALTER TABLE \S+ REPLICA IDENTITY USING INDEX/.exec(remedy)?.[0] ?? '';
  await database.client.query(`${alter} i`);
  await setUpAtWork(database, { t: { filter: `${FILTER} AND id > 0` } });
});

test('a column that shares its name with the table is still seen to be one', async () => {
  await using database = await createDatabase();
  await database.client.query('CREATE TABLE note (id int PRIMARY KEY, note text)');
  const { message } = await refusal(database, { note: { filter: 'note IS NOT NULL' } });
  expect(message).toMatch(/looks at "note"/);
});

test('one publication serves all tables: the filter of one may not make updates fail that another asks for', async () => {
  await using database = await createDatabase();
  await database.client.query(
    `${TABLE}; CREATE TABLE u (LIKE t INCLUDING ALL); INSERT INTO u SELECT * FROM t`,
  );
  for (const u of [{}, { operations: ['insert', 'update'] as const }]) {
    const error = await refusal(database, { t: { filter: FILTER, operations: ['insert'] }, u });
    expect(error.message).toMatch(/public\.t: its row filter/);
  }
  await setUpAtWork(database, {
    t: { filter: FILTER, operations: ['insert'] },
    u: { operations: ['insert'] },
  });
});

test('an existing publication of updates gets such a filter only behind their end, where no table asks for them', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await client.query(`${TABLE}; CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await refusal(database, { t: { filter: FILTER } });
  const statements = await setUpAtWork(database, { t: { filter: FILTER, operations: ['insert'] } });
  expect(statements.slice(0, 2)).toEqual([
    `ALTER PUBLICATION "${publication}" SET (publish = 'insert')`,
    `BEGIN; ALTER PUBLICATION "${publication}" DROP TABLE "public"."t"; ALTER PUBLICATION "${publication}" ADD TABLE "public"."t" WHERE (${FILTER}); COMMIT`,
  ]);
});

test('updates are added behind the end of a filter that would make them fail', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await client.query(
    `${TABLE}; CREATE PUBLICATION "${publication}" FOR TABLE t WHERE (${FILTER}) WITH (publish = 'insert')`,
  );
  const statements = await setUpAtWork(database, {
    t: { filter: 'id > 10', operations: ['insert', 'update', 'delete'] },
  });
  expect(statements[1]).toMatch(/SET \(publish = 'insert, update, delete'\)$/);
});

test('updates are not added to a publication whose own filter would make them fail', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await client.query(
    `${TABLE}; CREATE PUBLICATION "${publication}" FOR TABLE t WHERE (${FILTER}) WITH (publish = 'insert')`,
  );
  const error = await refusal(database, { t: { operations: ['insert', 'update'] } });
  expect(error.message).toMatch(/public\.t: its row filter looks at "note"/);
  await client.query('ALTER TABLE t REPLICA IDENTITY FULL');
  await setUpAtWork(database, { t: { operations: ['insert', 'update'] } });
});

const partitioned: Readonly<Record<string, string>> = {
  'of which one has no identity': `CREATE TABLE t (id int PRIMARY KEY, tenant text, note text) PARTITION BY RANGE (id);
    CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE t2 PARTITION OF t DEFAULT; ALTER TABLE t2 REPLICA IDENTITY NOTHING`,
  'below a root with REPLICA IDENTITY FULL': `CREATE TABLE t (id int PRIMARY KEY, tenant text, note text) PARTITION BY RANGE (id);
    CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE t2 PARTITION OF t DEFAULT; ALTER TABLE t REPLICA IDENTITY FULL`,
};

test.each(Object.entries(partitioned))(
  'partitions %s are followed for inserts only, and any column may be filtered by',
  async (_, ddl) => {
    await using database = await createDatabase();
    await database.client.query(`${ddl}; INSERT INTO t SELECT g, 'acme', 'n' FROM generate_series(1, 50) g`);
    await setUpAtWork(database, { t: { filter: FILTER } });
    expect(await publications(database)).toMatchObject([
      { pubinsert: true, pubupdate: false, pubdelete: false },
    ]);
  },
);

test('partitions with the key of their root may be filtered by its columns, and by no other', async () => {
  await using database = await createDatabase();
  await database.client.query(`CREATE TABLE t (id int, tenant text, note text, PRIMARY KEY (id, note)) PARTITION BY RANGE (id);
    CREATE TABLE t1 (note text NOT NULL, junk int, tenant text, id int NOT NULL); ALTER TABLE t1 DROP junk;
    ALTER TABLE t ATTACH PARTITION t1 FOR VALUES FROM (0) TO (10); CREATE TABLE t2 PARTITION OF t DEFAULT;
    INSERT INTO t SELECT g, 'acme', 'n' FROM generate_series(1, 50) g`);
  const { message, remedy } = await refusal(database, { t: { filter: `${FILTER} AND tenant <> 'x'` } });
  expect(message).toMatch(/looks at "tenant", which/);
  expect(remedy).not.toMatch(/FULL/);
  await setUpAtWork(database, { t: { filter: FILTER } });
});
