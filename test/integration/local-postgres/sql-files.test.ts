import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { expect, test } from 'vitest';
import { BOOKMARKS } from '../../../src/database/bookmarks/bookmark-plan.ts';
import { DEAD_LETTERS } from '../../../src/database/dead-letters/dead-letter-plan.ts';
import { BACKFILLS } from '../../../src/database/own-tables/backfill-plan.ts';
import { COVERAGE } from '../../../src/database/own-tables/coverage-plan.ts';
import { ERASED_ACTORS } from '../../../src/database/own-tables/erased-actor-plan.ts';
import { nameOf, planOwnTable } from '../../../src/database/own-tables/own-table-plan.ts';
import { planOwnTables } from '../../../src/database/own-tables/own-tables-plan.ts';
import { RECOVERIES } from '../../../src/database/own-tables/recovery-plan.ts';
import { RETENTION_FLOORS } from '../../../src/database/own-tables/retention-floor-plan.ts';
import { SLOT_PROGRESS } from '../../../src/database/own-tables/slot-progress-plan.ts';
import { VERIFICATIONS } from '../../../src/database/own-tables/verification-plan.ts';
import { startPostgres } from '../../../src/local/postgres/start-postgres.ts';
import { createActivity } from '../../../src/local/producer/activity.ts';
import { insertStatement } from '../../../src/local/producer/insert-statement.ts';
import { connect, createDatabase } from '../../support/postgres.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { webhookRows } from '../../support/webhooks.ts';

const directory = new URL('../../../postgres/', import.meta.url);
const COLUMNS =
  'id, occurred_at, actor_type, actor_id, action, target_type, target_id, outcome, request_id, source, tenant, before, after, metadata, tx_id';

async function run(client: Client, name: string): Promise<void> {
  await client.query(await readFile(new URL(name, directory), 'utf8'));
}

test('audit-log.sql and publication.sql change nothing when run again', async () => {
  await using database = await createDatabase();
  const { client } = database;
  const catalog = `SELECT array_agg(xmin::text || oid ORDER BY oid) FROM (
    SELECT xmin, oid FROM pg_publication UNION ALL SELECT xmin, oid FROM pg_publication_rel
    UNION ALL SELECT xmin, oid FROM pg_class WHERE relname LIKE 'audit_log%') all_rows`;
  await run(client, 'audit-log.sql');
  await run(client, 'publication.sql');
  const first = await client.query(catalog);
  await run(client, 'audit-log.sql');
  await run(client, 'publication.sql');
  expect((await client.query(catalog)).rows).toEqual(first.rows);
});

test('the table takes a row of which only the action is known, and refuses an action of another shape', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await run(client, 'audit-log.sql');
  const { rows } = await client.query(
    `INSERT INTO audit_log (action) VALUES ('report.renamed') RETURNING id, occurred_at IS NOT NULL AS dated`,
  );
  expect(rows).toEqual([{ id: '1', dated: true }]);
  for (const action of ['renamed', 'Report.renamed', 'report.', 'report renamed', '']) {
    await expect(client.query('INSERT INTO audit_log (action) VALUES ($1)', [action])).rejects.toMatchObject({
      code: '23514',
    });
  }
});

test('the publication holds inserts of exactly the listed columns', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await run(client, 'audit-log.sql');
  await client.query('ALTER TABLE audit_log ADD COLUMN secret text');
  await run(client, 'publication.sql');
  const publications = await client.query(
    'SELECT pubname, pubinsert, pubupdate, pubdelete, pubtruncate FROM pg_publication',
  );
  expect(publications.rows).toEqual([
    { pubname: 'wal2algolia', pubinsert: true, pubupdate: false, pubdelete: false, pubtruncate: false },
  ]);
  if (Number((await client.query('SHOW server_version_num')).rows[0].server_version_num) < 150_000) return;
  const { rows } = await client.query(
    `SELECT array_to_string(attnames, ', ') AS names FROM pg_publication_tables`,
  );
  expect(rows).toEqual([{ names: COLUMNS }]);
});

test.each([
  ['dead-letters.sql', DEAD_LETTERS, 16],
  ['erasures.sql', ERASED_ACTORS, 11],
  ['retention.sql', RETENTION_FLOORS, 4],
  ['bookmarks.sql', BOOKMARKS, 7],
  ['backfill.sql', BACKFILLS, 14],
  ['verification.sql', VERIFICATIONS, 4],
  ['slot-progress.sql', SLOT_PROGRESS, 8],
  ['recovery.sql', RECOVERIES, 14],
  ['coverage.sql', COVERAGE, 7],
] as const)('%s makes the table that setup makes', async (file, table, columns) => {
  const definitions = `SELECT array_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
      pg_get_expr(adbin, adrelid)) ORDER BY attnum) AS columns,
      (SELECT array_agg(indexdef ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'wal2algolia') AS indexes
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = '${nameOf(table)}'::regclass AND attnum > 0`;
  await using one = await createDatabase();
  await using other = await createDatabase();
  // coverage.sql is run behind dead-letters.sql, which makes the schema.
  for (const { client } of [one, other]) await client.query('CREATE SCHEMA wal2algolia');
  await run(one.client, file);
  await run(one.client, file);
  for (const sql of await planOwnTable(other.client, table, 'postgres')) await other.client.query(sql);
  const { rows } = await one.client.query(definitions);
  expect(rows[0].columns).toHaveLength(columns);
  expect((await other.client.query(definitions)).rows).toEqual(rows);
});

test('a publication without the table is left alone, with a warning', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await run(client, 'audit-log.sql');
  await client.query('CREATE PUBLICATION wal2algolia');
  const notices: (string | undefined)[] = [];
  client.on('notice', ({ message }) => notices.push(message));
  await run(client, 'publication.sql');
  expect(notices).toEqual(['publication "wal2algolia" exists without public.audit_log']);
});

// A server of its own: roles belong to the whole cluster, and so do its settings.
test('role.sql twice gives a role that streams and reads the published columns, and no more', async () => {
  const postgres = await startPostgres({ durable: false });
  const client = await connect(postgres.url);
  try {
    await run(client, 'audit-log.sql');
    await run(client, 'publication.sql');
    const tables = [
      'dead-letters.sql',
      'erasures.sql',
      'retention.sql',
      'bookmarks.sql',
      'backfill.sql',
      'verification.sql',
      'slot-progress.sql',
      'recovery.sql',
      'coverage.sql',
    ];
    for (const name of [...tables, 'role.sql', 'role.sql', ...tables]) await run(client, name);
    expect(await planOwnTables(client, 'wal2algolia')).toEqual([]);
    expect(await planOwnTable(client, COVERAGE, 'wal2algolia')).toEqual([]);
    await client.query(`CREATE DATABASE other`);
    await client.query(`ALTER TABLE audit_log ADD COLUMN secret text; CREATE TABLE payroll (id int)`);
    await client.query(`ALTER ROLE wal2algolia PASSWORD 'a word for the test'`);
    const address = new URL(postgres.url);
    address.username = 'wal2algolia';
    address.password = 'a word for the test';
    const role = await connect(address.href);
    try {
      await role.query(`SELECT pg_create_logical_replication_slot('least', 'pgoutput', true)`);
      await role.query(`SELECT ${COLUMNS} FROM audit_log`);
      const { rows } = await role.query(
        `SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolconnlimit FROM pg_roles WHERE rolname = current_user`,
      );
      expect(rows).toEqual([
        { rolsuper: false, rolcreatedb: false, rolcreaterole: false, rolreplication: true, rolconnlimit: 50 },
      ]);
      for (const sql of [
        'SELECT secret FROM audit_log',
        'SELECT * FROM payroll',
        `INSERT INTO audit_log (action) VALUES ('a.b')`,
        'DELETE FROM audit_log',
        'CREATE TABLE mine (id int)',
      ]) {
        await expect(role.query(sql), sql).rejects.toMatchObject({ code: '42501' });
      }
    } finally {
      await role.end();
    }
  } finally {
    await client.end();
    await postgres.stop();
  }
});

test('a server with postgresql.conf and pg_hba.conf starts and has no complaint about them', async () => {
  await using scratch = await scratchDirectory();
  const dataDir = join(scratch.path, 'data');
  await (await startPostgres({ durable: false, dataDir })).stop();
  for (const name of ['postgresql.conf', 'pg_hba.conf']) {
    await appendFile(join(dataDir, 'cluster', name), await readFile(new URL(name, directory), 'utf8'));
  }
  const postgres = await startPostgres({ durable: false, dataDir });
  const client = await connect(postgres.url);
  try {
    // What needs a restart to change stands on our own command line, and is said to be not applied.
    const settings =
      await client.query(`SELECT file.name, file.error FROM pg_file_settings file LEFT JOIN pg_settings USING (name)
      WHERE file.error IS NOT NULL AND context IS DISTINCT FROM 'postmaster'`);
    expect(settings.rows).toEqual([]);
    const rules = await client.query(`SELECT type, database, error FROM pg_hba_file_rules
      WHERE 'wal2algolia' = ANY (user_name) OR error IS NOT NULL`);
    expect(rules.rows).toEqual([
      { type: 'hostssl', database: ['app'], error: expect.toSatisfy(isNullOrAboutSsl) },
      { type: 'host', database: ['all'], error: null },
      { type: 'host', database: ['replication'], error: null },
    ]);
  } finally {
    await client.end();
    await postgres.stop();
  }
});

/** The test's server has no certificate; such a rule is right all the same. */
function isNullOrAboutSsl(error: unknown): boolean {
  return error === null || error === 'hostssl record cannot match because SSL is disabled';
}

test('rows of the producer and real webhooks go in as they are', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await run(client, 'audit-log.sql');
  const activity = createActivity(1);
  const webhooks = webhookRows();
  expect(webhooks).toHaveLength(329);
  const rows = [...Array.from({ length: 2000 }, () => activity.next().value), ...webhooks];
  await client.query(insertStatement(rows));
  const { rows: found } = await client.query('SELECT * FROM audit_log ORDER BY id');
  expect(found.map(({ id, occurred_at, tx_id, ...row }) => row)).toEqual(rows);
});
