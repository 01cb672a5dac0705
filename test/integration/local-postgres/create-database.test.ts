import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { connect, createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

test('a test database is empty, decodes, and leaves neither itself nor its slots behind', async () => {
  let name: string;
  {
    await using database = await createDatabase();
    name = database.name;
    const { client, slot, publication } = database;
    await client.query(`CREATE TABLE letters (id int PRIMARY KEY)`);
    await client.query(`CREATE PUBLICATION ${publication} FOR TABLE letters`);
    await client.query(`SELECT pg_create_logical_replication_slot('${slot}', 'pgoutput')`);
    await client.query(`INSERT INTO letters VALUES (1)`);
    const { rows } = await client.query(
      `SELECT count(*)::int AS n FROM pg_logical_slot_peek_binary_changes('${slot}', NULL, NULL, 'proto_version', '1', 'publication_names', '${publication}')`,
    );
    expect(rows[0].n).toBe(4);
  }
  const client = await connect(inject('postgresUrl'));
  try {
    const slots = await client.query('SELECT 1 FROM pg_replication_slots WHERE database = $1', [name]);
    const databases = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    expect([slots.rowCount, databases.rowCount]).toEqual([0, 0]);
  } finally {
    await client.end();
  }
});

test('a database whose slot is still being read is dropped once the reader has gone', async () => {
  const database = await createDatabase();
  const { client, slot, publication, name } = database;
  await client.query(`SELECT pg_create_logical_replication_slot('${slot}', 'pgoutput')`);
  await client.query(`CREATE PUBLICATION ${publication} FOR ALL TABLES`);
  const reader = new pg.Client({ connectionString: database.url, ...{ replication: 'database' } });
  reader.on('error', () => undefined);
  await reader.connect();
  reader
    .query(
      `START_REPLICATION SLOT ${slot} LOGICAL 0/0 (proto_version '1', publication_names '${publication}')`,
    )
    .catch(() => undefined);
  const admin = await connect(inject('postgresUrl'));
  try {
    const isActive = 'SELECT 1 FROM pg_replication_slots WHERE active AND slot_name = $1';
    await waitFor(async () => (await admin.query(isActive, [slot])).rowCount, {
      description: 'the slot to be active',
    });
    const disposed = database[Symbol.asyncDispose]();
    const looks = `SELECT 1 FROM pg_stat_activity WHERE query LIKE '%FROM pg_replication_slots WHERE database%' AND pid <> pg_backend_pid()`;
    await Promise.race([
      disposed,
      waitFor(async () => (await admin.query(looks)).rowCount, { description: 'it to look at the slots' }),
    ]);
    await reader.end();
    await disposed;
    expect((await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])).rowCount).toBe(0);
  } finally {
    await admin.end();
  }
});

test('a wait that fails says what it waited for and the last answer', async () => {
  const waiting = waitFor(() => undefined, { description: 'the tide', timeoutMs: 1 });
  await expect(waiting).rejects.toThrow(/^waited 1 ms for the tide; last seen: undefined$/);
});
