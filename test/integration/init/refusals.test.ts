import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDatabase } from '../../support/postgres.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { FIRST_VERSION } from './foreign-tables.ts';
import { runInit } from './init-command.ts';

/** A database and an empty directory; both are gone after the test. */
async function withDatabase(
  sql: string,
  work: (database: Awaited<ReturnType<typeof createDatabase>>, cwd: string) => Promise<void>,
): Promise<void> {
  await using database = await createDatabase();
  await using directory = await scratchDirectory();
  if (sql !== '') await database.client.query(sql);
  await work(database, directory.path);
}

test('an empty database: says so, writes nothing', () =>
  withDatabase('', async (database, cwd) => {
    const run = await runInit(database, cwd);
    expect(run).toMatchObject({ code: 78, stdout: '' });
    expect(run.stderr).toContain(`database "${database.name}" has no table whose rows could be followed`);
    expect(run.stderr).toContain('postgres/audit-log.sql');
    expect(await readdir(cwd)).toEqual([]);
  }));

test('no table that looks like a log: lists them, and takes one that is named', () =>
  withDatabase(
    `CREATE TABLE users (id bigint PRIMARY KEY, email text, created_at timestamptz); CREATE TABLE tags (name text PRIMARY KEY);
     CREATE VIEW audit_log AS SELECT 1 AS id, now() AS occurred_at, 'x' AS actor_id, 'x' AS action;
     CREATE SCHEMA wal2algolia; CREATE TABLE wal2algolia.audit_events (id bigint PRIMARY KEY, action text)`,
    async (database, cwd) => {
      const run = await runInit(database, cwd);
      expect(run).toMatchObject({ code: 64, stdout: '' });
      expect(run.stderr.split('\n').slice(0, 3)).toEqual([
        'error: no table looks clearly like an audit log:',
        '  public.users: a time',
        '  public.tags: nothing speaks for it',
      ]);
      const named = await runInit(database, cwd, ['--table', 'public.users', '--json']);
      expect(named.code, named.stderr).toBe(0);
      expect(JSON.parse(named.stdout).tables[0]).toMatchObject({ table: 'public.users', objectID: ['id'] });
    },
  ));

test.each([
  ['public.view', /cannot be followed: it is a view/],
  ['public.materialized', /it is a materialized view/],
  ['public.unlogged', /it is unlogged or temporary/],
  ['public.p_2025', /it is a partition, and its rows come as those of public\.p[\s\S]*--table "public\.p"/],
  ['my.schema.log', /the name of its schema, "my\.schema", has a dot/],
  ['public.LOG', /table public\.LOG does not exist[\s\S]*Did you mean --table "public\.log"/],
  ['log', /for example "public\.log"/],
  ['pg_catalog.pg_class', /does not exist/],
])('%s is refused with a reason', (name, expected) =>
  withDatabase(
    `CREATE TABLE log (id bigint PRIMARY KEY); CREATE VIEW view AS SELECT * FROM log;
     CREATE MATERIALIZED VIEW materialized AS SELECT * FROM log; CREATE UNLOGGED TABLE unlogged (id bigint PRIMARY KEY);
     CREATE TABLE p (id bigint, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
     CREATE TABLE p_2025 PARTITION OF p FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
     CREATE SCHEMA "my.schema"; CREATE TABLE "my.schema".log (id bigint PRIMARY KEY)`,
    async (database, cwd) => {
      const run = await runInit(database, cwd, ['--table', name]);
      expect(run).toMatchObject({ code: 64, stdout: '', stderr: expect.stringMatching(expected) });
      expect(await readdir(cwd)).toEqual([]);
    },
  ),
);

test('a table in which nothing could be the objectID', () =>
  withDatabase('CREATE TABLE audit_log (at timestamptz, who text, what text)', async (database, cwd) => {
    const run = await runInit(database, cwd, ['--table', 'public.audit_log']);
    expect(run).toMatchObject({ code: 78, stdout: '' });
    expect(run.stderr).toContain('no column that could be the objectID');
  }));

test('a wrong password: 78, nothing of it told', () =>
  withDatabase(FIRST_VERSION, async (database, cwd) => {
    const url = new URL(database.url);
    url.username = 'nobody_of_this_name';
    url.password = 'hunter2';
    const run = await runInit({ url: url.href }, cwd);
    expect(run).toMatchObject({ code: 78, stdout: '' });
    expect(run.stderr).toMatch(/^error: connecting to Postgres: /);
    expect(run.stderr).not.toContain('hunter2');
  }));

test('a file that is there: left alone without --force, and another one is no reason to write a second', () =>
  withDatabase(FIRST_VERSION, async (database, cwd) => {
    const file = join(cwd, 'wal2algolia.config.mjs');
    await writeFile(file, 'mine');
    const refused = await runInit(database, cwd);
    expect(refused).toMatchObject({ code: 64, stdout: '' });
    expect(refused.stderr).toContain('wal2algolia.config.mjs is there already');
    expect(await readFile(file, 'utf8')).toBe('mine');

    const dry = await runInit(database, cwd, ['--dry-run']);
    expect(dry.code, dry.stderr).toBe(0);
    expect(dry.stdout).toContain('export default {');
    expect(await readFile(file, 'utf8')).toBe('mine');

    const second = await runInit(database, cwd, ['--output', 'wal2algolia.config.ts']);
    expect(second).toMatchObject({ code: 64, stderr: expect.stringContaining('neither is taken') });
    const elsewhere = await runInit(database, cwd, ['--output', 'other.json']);
    expect(elsewhere.code, elsewhere.stderr).toBe(0);
    expect(elsewhere.stdout).toContain('wal2algolia setup --config other.json');

    expect((await runInit(database, cwd, ['--force'])).code).toBe(0);
    expect(await readFile(file, 'utf8')).toContain("'app.audit_log'");
    expect((await readdir(cwd)).sort()).toEqual(['other.json', 'wal2algolia.config.mjs']);
  }));

test.each([
  [['--output', 'config.yaml'], /expected a name that ends in/],
  [['--output', 'nowhere/config.json'], /cannot be written \(ENOENT\)/],
])('%j is refused', (args, expected) =>
  withDatabase(FIRST_VERSION, async (database, cwd) => {
    expect(await runInit(database, cwd, args)).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(expected),
    });
  }),
);
