import { expect, test } from 'vitest';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { connect, createDatabase, serverMajor, type TestDatabase } from '../../support/postgres.ts';
import { runSetup, setUp } from './setup-command.ts';

const TABLES: ConfigInput['tables'] = {
  'public.log': { index: 'log', attributes: { id: 'id', who: { column: 'actor_id', lookup: 'users' } } },
};
const users = { table: 'people.users', key: 'uid', value: 'Full name' };

const lists = () => serverMajor() >= 15;

async function createTables({ client }: TestDatabase, key = 'uid uuid PRIMARY KEY'): Promise<void> {
  await client.query(`CREATE SCHEMA people; CREATE TABLE people.users (${key}, "Full name" text, secret text);
    INSERT INTO people.users (uid, "Full name", secret) VALUES (gen_random_uuid(), 'Ann', 'secret');
    CREATE TABLE log (id bigint PRIMARY KEY, actor_id text)`);
}

test('the role of run gets what names are read from, and nothing is published', async () => {
  await using database = await createDatabase();
  const { client, name } = database;
  await createTables(database);
  const role = `run_${name}`;
  await client.query(`CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'secret'`);
  try {
    const runUrl = new URL(database.url);
    runUrl.username = role;
    runUrl.password = 'secret';
    const setupCase = { database, tables: TABLES, lookups: { users }, runUrl: runUrl.href };
    const { statements } = await setUp(setupCase);
    expect(statements).toEqual(
      expect.arrayContaining([
        `GRANT USAGE ON SCHEMA "people" TO "${role}"`,
        `GRANT SELECT ("uid", "Full name") ON "people"."users" TO "${role}"`,
      ]),
    );
    expect(statements.filter((sql) => sql.includes('PUBLICATION'))).toEqual([
      expect.not.stringContaining('people'),
    ]);
    const run = await connect(runUrl.href);
    expect((await run.query('SELECT "Full name" FROM people.users WHERE uid IS NOT NULL')).rowCount).toBe(1);
    await expect(run.query('SELECT secret FROM people.users')).rejects.toThrow(/permission denied/);
    await run.end();
    expect((await setUp(setupCase)).statements).toEqual([]);
  } finally {
    await client.query(`DROP OWNED BY ${role} CASCADE`);
    await client.query(`DROP ROLE ${role}`);
  }
});

test('followed, its ids and names are published with every change that can give another name', async () => {
  await using database = await createDatabase();
  await createTables(database);
  const followed = { users: { ...users, follow: true } };
  const append: ConfigInput['tables'] = {
    'public.log': { ...TABLES['public.log'], index: 'log', operations: ['insert'] },
  };
  const setupCase = { database, tables: append, lookups: followed };
  const { statements } = await setUp(setupCase);
  const [log, people] = lists() ? [' ("id", "actor_id")', ' ("uid", "Full name")'] : ['', ''];
  expect(statements[0]).toBe(
    `CREATE PUBLICATION "${database.publication}" FOR TABLE "public"."log"${log}, "people"."users"${people} WITH (publish = 'insert, update, delete')`,
  );
  expect((await setUp(setupCase)).statements).toEqual([]);
});

test('what is missing is said, and what cannot be followed without harm', async () => {
  await using database = await createDatabase();
  await createTables(database, 'uid uuid');
  const followed = await runSetup({
    database,
    tables: TABLES,
    lookups: { users: { ...users, follow: true } },
  });
  expect(followed.code).toBe(78);
  expect(followed.stderr).toContain('people.users has no usable replica identity');
  const missing = await runSetup({
    database,
    tables: TABLES,
    lookups: { users: { ...users, value: 'name' } },
  });
  expect(missing.code).toBe(78);
  expect(missing.stderr).toContain('people.users has no column "name" (it has: uid, Full name, secret)');
  await database.client.query('CREATE VIEW people.names AS SELECT uid, "Full name" FROM people.users');
  const view = { users: { ...users, table: 'people.names', follow: true } };
  const viewed = await runSetup({ database, tables: TABLES, lookups: view });
  expect(viewed.code).toBe(78);
  expect(viewed.stderr).toContain('people.names is no table, and has no changes to follow');
  const { notices } = await setUp({ database, tables: TABLES, lookups: { users } });
  expect(notices).toContain(
    'lookups["users"]: no index of people.users begins with "uid", so every reading of names walks through the table',
  );
});
