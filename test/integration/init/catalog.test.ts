import { expect, test } from 'vitest';
import { type FoundTable, readDefaults, readFoundTables } from '../../../src/database/found-tables.ts';
import { createDatabase, serverMajor } from '../../support/postgres.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { runInit } from './init-command.ts';

test('columns and indexes are as the catalog has them', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`
    CREATE TYPE mood AS ENUM ('good'); CREATE DOMAIN plain AS mood; CREATE DOMAIN twice AS plain NOT NULL;
    CREATE TYPE pair AS (a int, b int);
    CREATE TABLE "Audit ""Log"" ☃" (
      id int GENERATED ALWAYS AS IDENTITY, n bigserial, gone text, "userId" varchar(20) NOT NULL, feeling twice, moods mood[],
      at timestamp(3) DEFAULT (now() AT TIME ZONE 'utc'), price numeric(10,2), sum numeric GENERATED ALWAYS AS (price * 2) STORED,
      pair pair, CONSTRAINT late UNIQUE (id) DEFERRABLE, CONSTRAINT nullable UNIQUE (at), PRIMARY KEY (n, "userId"));
    ALTER TABLE "Audit ""Log"" ☃" DROP gone;
    CREATE UNIQUE INDEX part ON "Audit ""Log"" ☃" (n) WHERE price > 0;
    CREATE UNIQUE INDEX lowered ON "Audit ""Log"" ☃" (lower("userId"));
    CREATE UNIQUE INDEX covering ON "Audit ""Log"" ☃" (n) INCLUDE (price);
    CREATE UNIQUE INDEX computed ON "Audit ""Log"" ☃" (sum, n); ANALYZE;
    SET search_path = ''`);
  const tables = await readFoundTables(client);
  expect(tables.map(({ qualifiedName }) => qualifiedName)).toEqual(['public.Audit "Log" ☃']);
  const [table] = tables;
  const known = table?.columns.map((each) => [
    each.name,
    each.type + (each.isArray ? '[]' : ''),
    each.category,
    [each.isNotNull && 'not null', each.isGenerated && 'generated', each.isCounted && 'counted']
      .filter(Boolean)
      .join(' '),
  ]);
  expect(known).toEqual([
    ['id', 'integer', 'N', 'not null counted'],
    ['n', 'bigint', 'N', 'not null counted'],
    ['userId', 'character varying', 'S', 'not null'],
    ['feeling', 'public.mood', 'E', ''],
    ['moods', 'public.mood[]', 'E', ''],
    ['at', 'timestamp without time zone', 'D', ''],
    ['price', 'numeric', 'N', ''],
    ['sum', 'numeric', 'N', 'generated'],
    ['pair', 'public.pair', 'C', ''],
  ]);
  expect(table?.columns.flatMap(({ name, hasDefault }) => (hasDefault ? name : []))).toEqual([
    'n',
    'at',
    'sum',
  ]);
  const defaults = await readDefaults(client, table as FoundTable);
  expect([...defaults.keys()]).toEqual(['n', 'at']);
  expect(defaults.get('at')).toMatch(/utc/);
  const problems = table?.uniqueIndexes.map((each) => [
    each.name,
    each.columns,
    Object.entries(each).flatMap(([key, value]) => (value === true ? key : [])),
  ]);
  expect(problems?.[0]).toEqual(['Audit "Log" ☃_pkey', ['n', 'userId'], ['isPrimary']]);
  expect(new Set(problems?.slice(1))).toEqual(
    new Set([
      ['late', ['id'], ['isDeferrable']],
      ['nullable', ['at'], ['allowsNull']],
      ['part', ['n'], ['isPartial']],
      ['lowered', [], ['hasExpressions']],
      ['covering', ['n'], []],
      ['computed', ['sum', 'n'], ['allowsNull', 'hasGenerated']],
    ]),
  );
  expect(table).toMatchObject({ rowsEstimate: 0, isOwned: true, isLogged: true, root: null, kind: 'table' });
});

test('sizes of a partitioned table are those of its partitions; before ANALYZE they are not known', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE TABLE log (id bigint, at date, text text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE log_a PARTITION OF log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY RANGE (id);
    CREATE TABLE log_a1 PARTITION OF log_a DEFAULT; CREATE TABLE log_b PARTITION OF log DEFAULT;
    CREATE TABLE empty (id bigint PRIMARY KEY)`);
  const read = async (name: string) =>
    (await readFoundTables(client)).find(({ qualifiedName }) => qualifiedName === `public.${name}`);
  expect(await read('log')).toMatchObject({ rowsEstimate: null, bytesEstimate: 0, kind: 'partitioned' });
  expect(await read('empty')).toMatchObject({ rowsEstimate: null });
  await client.query(
    `INSERT INTO log SELECT g, date '2025-06-01' + g % 2 * 400, repeat('x', 100) FROM generate_series(1, 1000) g`,
  );
  await client.query('ANALYZE');
  const log = await read('log');
  expect(log?.rowsEstimate).toBe(1000);
  expect(log?.bytesEstimate).toBeGreaterThan(100_000);
  expect(await read('log_a1')).toMatchObject({ root: 'public.log', rowsEstimate: 500 });
});

test('the zone of the database is what its `now()` is written in; a table of somebody else is said to be that', async () => {
  await using database = await createDatabase();
  await using directory = await scratchDirectory();
  const { client, name } = database;
  const role = `owner_${name}`;
  await client.query(`ALTER DATABASE ${name} SET timezone = 'Asia/Kolkata'; CREATE ROLE ${role} LOGIN PASSWORD 'x';
    CREATE TABLE audit_log (id bigint PRIMARY KEY, created_at timestamp DEFAULT now(), seen_at timestamp, actor_id text, action text, note text)`);
  try {
    const url = new URL(database.url);
    url.username = role;
    url.password = 'x';
    const run = await runInit({ url: url.href }, directory.path, ['--json', '--dry-run']);
    expect(run.code, run.stderr).toBe(0);
    const { tables, obstacle } = JSON.parse(run.stdout);
    const zones = tables[0].columns.map((each: { name: string; timeZone: string }) => [
      each.name,
      each.timeZone,
    ]);
    expect(Object.fromEntries(zones)).toMatchObject({ created_at: 'Asia/Kolkata', seen_at: 'UTC' });
    expect(tables[0].notices.join('\n')).toMatch(/may not publish it/);
    expect(tables[0].notices.join('\n')).toMatch(/created_at without time zone is read as Asia\/Kolkata/);
    expect(obstacle.message).toContain('may not use replication slots');
    const before15 = /before Postgres 15 every column is published/;
    if (serverMajor() < 15) expect(tables[0].notices.join('\n')).toMatch(before15);
    else expect(tables[0].notices.join('\n')).not.toMatch(before15);
  } finally {
    await client.query(`DROP ROLE ${role}`);
  }
});

test('a lock on another table does not hold it up', async () => {
  await using database = await createDatabase();
  await using directory = await scratchDirectory();
  await database.client.query(`CREATE TABLE audit_log (id bigint PRIMARY KEY, created_at timestamp DEFAULT now(), actor_id text, action text);
    CREATE TABLE locked (id bigserial PRIMARY KEY, at timestamp DEFAULT now())`);
  await database.client.query('BEGIN; LOCK locked IN ACCESS EXCLUSIVE MODE');
  const run = await runInit(database, directory.path, ['--dry-run']);
  expect(run.code, run.stderr).toBe(0);
  await database.client.query('ROLLBACK');
});
