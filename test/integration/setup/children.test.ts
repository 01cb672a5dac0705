import { expect, test } from 'vitest';
import { setUpDatabase } from '../../../src/database/setup/setup.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, serverMajor, type TestDatabase } from '../../support/postgres.ts';
import { backfill, createOwnTables, follow } from '../backfill/backfill-case.ts';
import { verified } from '../verify/verify-case.ts';

const tables = { 'public.t': { index: 't', objectID: ['id'] } };

/** A child and one of that, both with rows whose keys the parent has as well. */
const FAMILY = `CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE child (more int) INHERITS (t);
  CREATE TABLE "Grand Child" () INHERITS (child);
  INSERT INTO t SELECT i, 'own ' || i FROM generate_series(1, 20) i;
  INSERT INTO child SELECT i, 'of a child', i FROM generate_series(11, 30) i; INSERT INTO "Grand Child" VALUES (1, 'of its child', 0)`;

/** What happens to them while they are followed; a statement about the parent is one about all. */
const CHANGES = [
  `INSERT INTO t SELECT i, 'new ' || i FROM generate_series(40, 45) i`,
  `INSERT INTO child VALUES (46, 'new', 46)`,
  `UPDATE t SET v = v || '!' WHERE id % 3 = 0`,
  'DELETE FROM t WHERE id IN (2, 12, 25)',
];

const records = (table: string, id = 'id::text'): string =>
  `SELECT ${id} AS object_id, to_jsonb(t) || jsonb_build_object('objectID', ${id}, 'source_table', 'public.${table}') AS record FROM ONLY ${table} t`;

async function setUp({ url, slot, publication }: TestDatabase, filter?: string) {
  const wanted = new Map([['public.t', { objectID: ['id'], columns: undefined, filter }]]);
  const how = { slot, publications: [publication], plugin: 'pgoutput', tables: wanted, runRole: undefined };
  return await setUpDatabase(url, 'wal2algolia setup', how, false);
}

async function published({ client, publication }: TestDatabase): Promise<unknown> {
  const { rows } = await client.query(
    'SELECT tablename FROM pg_publication_tables WHERE pubname = $1 ORDER BY 1',
    [publication],
  );
  return rows.map(({ tablename }) => tablename);
}

test('setup publishes a table without those that inherit from it; stream, backfill and verify agree about their rows', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(FAMILY);
  const { statements, notices } = await setUp(database);
  expect(statements).toContainEqual(expect.stringContaining('FOR TABLE ONLY "public"."t"'));
  expect(notices).toContainEqual(
    expect.stringMatching(
      /^public\.t: only rows of its own .* \("public"\."Grand Child", "public"\."child"\) are not/,
    ),
  );
  expect(await published(database)).toEqual(['t']);
  await createOwnTables(database);
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables });
  await using line = startLine(config);
  for (const sql of CHANGES) await client.query(sql);
  expect(await backfill(database, config, { table: 'public.t' })).toMatchObject({ rows: 24 });
  await drained(database);
  expectEqual(await compareIndex(client, server, 't', records('t')), 24);
  expect(await verified(database, config)).toMatchObject({ missing: 0, extra: 0, differing: 0 });
  // One that comes later is none of the publication.
  await client.query(`CREATE TABLE late () INHERITS (t); INSERT INTO late VALUES (1, 'late')`);
  await client.query('TRUNCATE child');
  await drained(database);
  await line.stop();
  expectEqual(await compareIndex(client, server, 't', records('t')), 24);
  expect((await setUp(database)).statements).toEqual([]);
});

test('a publication that holds the children as well is refused; what is said to help does, whatever is in the WAL by then', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(FAMILY);
  await follow(database, 't');
  // Without one their updates fail.
  await client.query(
    'ALTER TABLE child REPLICA IDENTITY FULL; ALTER TABLE "Grand Child" REPLICA IDENTITY FULL',
  );
  for (const sql of CHANGES) await client.query(sql);
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables });
  const refused = await startLine(config).ended.catch((error: unknown) => error);
  expect(refused).toMatchObject({
    exitCode: 78,
    message: expect.stringMatching(
      /also holds public\.Grand Child, which inherits from public\.t and is not configured/,
    ),
    remedy: expect.stringContaining('DROP TABLE ONLY "public"."Grand Child", ONLY "public"."child".'),
  });
  const [, remedy = ''] = /(ALTER PUBLICATION .*?)\. /.exec((refused as { remedy: string }).remedy) ?? [];
  await client.query(remedy);
  expect(await published(database)).toEqual(['t']);
  await using line = startLine(config);
  await Promise.race([drained(database), line.ended]);
  await backfill(database, config, { table: 'public.t' });
  await line.stop();
  expectEqual(await compareIndex(client, server, 't', records('t')), 24);
});

test('children that are configured have their rows under their own names', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(FAMILY);
  await follow(database, 't', `WITH (publish = 'insert')`);
  await client.query(
    `INSERT INTO child VALUES (50, 'new', 50); INSERT INTO "Grand Child" VALUES (50, 'new', 50)`,
  );
  await using server = await startIndex();
  const config = lineConfig(database, server, {
    tables: {
      ...tables,
      'public.child': { index: 'child', objectID: ['id'], objectIDPrefix: 'c-' },
      'public.Grand Child': { index: 'child', objectID: ['id'], objectIDPrefix: 'g-' },
    },
  });
  await using line = startLine(config);
  for (const table of ['public.t', 'public.child', 'public.Grand Child'])
    await backfill(database, config, { table });
  await line.stop();
  expectEqual(await compareIndex(client, server, 't', records('t')), 20);
  const others = `${records('child', `'c-' || id`)} UNION ALL ${records('"Grand Child"', `'g-' || id`).replace(`'public."Grand Child"'`, `'public.Grand Child'`)}`;
  expectEqual(await compareIndex(client, server, 'child', others), 23);
});

test('a row filter changes where only the parent is published, and where its children are as well', async ({
  skip,
}) => {
  skip(serverMajor() < 15, 'needs row filters, which came with Postgres 15');
  for (const list of ['ONLY t', 't']) {
    await using database = await createDatabase();
    const { client, publication } = database;
    await client.query(
      `${FAMILY}; CREATE PUBLICATION "${publication}" FOR TABLE ${list} WHERE (id > 3) WITH (publish = 'insert')`,
    );
    const before = await published(database);
    const { statements } = await setUp(database, 'id > 5');
    expect(statements[0]).toMatch(/DROP TABLE ONLY "public"\."t"; .* ADD TABLE ONLY "public"\."t" WHERE/);
    expect(await published(database)).toEqual(before);
  }
});
