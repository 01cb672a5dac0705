import { expect, test } from 'vitest';
import { connect, createDatabase } from '../../support/postgres.ts';
import { ownTables, runSetup, setUp } from './setup-command.ts';

const TABLES = { 'public.t': { index: 't' } };

test('a table of an earlier version gets the columns and indexes that it lacks, and keeps its letters', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY); CREATE SCHEMA wal2algolia;
    CREATE TABLE wal2algolia.dead_letter (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, slot_name text NOT NULL,
      table_name text NOT NULL, index_name text NOT NULL, object_id text, action text NOT NULL, lsn pg_lsn,
      committed_at timestamptz, place int, reason text NOT NULL, first_failed_at timestamptz NOT NULL DEFAULT now(),
      last_failed_at timestamptz NOT NULL DEFAULT now());
    INSERT INTO wal2algolia.dead_letter (slot_name, table_name, index_name, object_id, action, reason)
      VALUES ('s', 'public.t', 't', '1', 'update', 'refused')`);
  const setupCase = { database, tables: TABLES };
  const { statements } = await setUp(setupCase);
  expect(statements.filter((sql) => sql.includes('dead_letter') && !sql.includes('erased_actor'))).toEqual([
    'ALTER TABLE wal2algolia.dead_letter ADD COLUMN IF NOT EXISTS message text',
    'ALTER TABLE wal2algolia.dead_letter ADD COLUMN IF NOT EXISTS http_status int',
    'ALTER TABLE wal2algolia.dead_letter ADD COLUMN IF NOT EXISTS attempts int NOT NULL DEFAULT 1',
    'ALTER TABLE wal2algolia.dead_letter ADD COLUMN IF NOT EXISTS record text',
    ...ownTables().slice(2, 4),
  ]);
  const { rows } = await client.query('SELECT object_id, message, attempts FROM wal2algolia.dead_letter');
  expect(rows).toEqual([{ object_id: '1', message: null, attempts: 1 }]);
  expect((await setUp(setupCase)).statements).toEqual([]);
});

test('who may not make them is told what the owner has to run, and that is all of it', async () => {
  await using database = await createDatabase();
  const { client, name, url } = database;
  const role = `setter_${name}`;
  await client.query(`CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'sets'; CREATE TABLE t (id int PRIMARY KEY);
    CREATE PUBLICATION "${database.publication}" FOR TABLE t; GRANT SELECT ON t TO ${role}; GRANT USAGE ON SCHEMA public TO ${role}`);
  try {
    const own = new URL(url);
    own.username = role;
    own.password = 'sets';
    const setupCase = {
      database: { url: own.href, slot: database.slot, publication: database.publication },
      tables: TABLES,
    };
    const refused = await runSetup(setupCase);
    expect(refused.code).toBe(78);
    const statements = /As the owner of database and table: (.*)\. Then run setup again/.exec(refused.stderr);
    await client.query(statements?.[1] ?? '');
    const { statements: left } = await setUp(setupCase);
    expect(left.filter((sql) => sql.includes('wal2algolia.'))).toEqual([]);
    const granted = await client.query(
      `SELECT has_schema_privilege('${role}', 'wal2algolia', 'USAGE') AND has_table_privilege('${role}', 'wal2algolia.dead_letter', 'SELECT')
          AND has_table_privilege('${role}', 'wal2algolia.dead_letter', 'INSERT')
          AND has_table_privilege('${role}', 'wal2algolia.dead_letter', 'UPDATE')
          AND has_table_privilege('${role}', 'wal2algolia.dead_letter', 'DELETE') AS all`,
    );
    expect(granted.rows).toEqual([{ all: true }]);
  } finally {
    await client.query(`DROP OWNED BY ${role}`);
    await client.query(`DROP ROLE ${role}`);
  }
});

test('a table of our own schema cannot be configured', async () => {
  await using database = await createDatabase();
  const tables = { 'wal2algolia.dead_letter': { index: 'letters' } };
  const refused = await runSetup({ database, tables });
  expect(refused.code).toBe(78);
  expect(refused.stderr).toContain("expected a table outside wal2algolia, the pipeline's own schema");
  const client = await connect(database.url);
  const { rows } = await client.query(`SELECT FROM pg_namespace WHERE nspname = 'wal2algolia'`);
  await client.end();
  expect(rows).toEqual([]);
});
