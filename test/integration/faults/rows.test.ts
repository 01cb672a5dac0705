import { expect, test } from 'vitest';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

async function publish({ client, publication, slot }: TestDatabase, tables: string): Promise<void> {
  await client.query(
    `CREATE PUBLICATION "${publication}" FOR TABLE ${tables} WITH (publish = 'insert, update, delete')`,
  );
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
}

/** Whether nothing from here on is confirmed. What is before it, the WAL of others as well, may be at any time. */
async function isHeldBefore({ client, slot }: TestDatabase, lsn: string): Promise<boolean> {
  const { rows } = await client.query(
    'SELECT confirmed_flush_lsn < $2::pg_lsn AS held FROM pg_replication_slots WHERE slot_name = $1',
    [slot, lsn],
  );
  return rows[0].held;
}

const NAME = 'public.We"ird.Täble 🦊';
const SQL_NAME = '"We""ird.Täble 🦊"';

test('strange names and values', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE TABLE ${SQL_NAME} ("Id;--" text PRIMARY KEY, "v'""\\" text, "ключ" jsonb)`);
  await publish(database, SQL_NAME);
  await using server = await startIndex();
  await using line = startLine(
    lineConfig(database, server, { tables: { [NAME]: { index: 'ü/?%#', objectID: ['Id;--'] } } }),
  );
  const values = [
    'a',
    'b/c?d#e%20',
    '🦊\u0001\u0002\b\f\n\r\t"\\',
    '\u007f\u2028\u2029\u0000'.replace('\u0000', ''),
    'é'.normalize('NFD'),
  ];
  for (const value of values)
    await client.query(`INSERT INTO ${SQL_NAME} VALUES ($1, $1, to_jsonb($1::text))`, [value]);
  await client.query(`DELETE FROM ${SQL_NAME} WHERE "Id;--" = 'a'`);
  await drained(database);
  const { rows } = await client.query(`SELECT "Id;--" AS id FROM ${SQL_NAME}`);
  for (const { id } of rows) {
    const record = JSON.parse(server.record('ü/?%#', id) ?? '{}');
    expect(record).toMatchObject({ objectID: id, 'v\'"\\': id, ключ: id, source_table: NAME });
  }
  expect(line.status().records.deleted).toBe(1);
});

test('a column of 100 MB that is not mapped costs its size for a moment', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query('CREATE TABLE t (id int PRIMARY KEY, big text)');
  await client.query(`ALTER TABLE t ALTER big SET STORAGE EXTERNAL`);
  await publish(database, 't');
  await using server = await startIndex();
  const config = lineConfig(database, server, {
    tables: { 'public.t': { index: 't', attributes: { id: 'id' } } },
  });
  await using line = startLine(config);
  await client.query(`INSERT INTO t VALUES (1, repeat('x', 100000000))`);
  await drained(database);
  expect(line.status().records.written).toBe(1);
});

test('types and columns that come and go while it streams', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(
    'CREATE TABLE other (x int, y text); CREATE TABLE t (id int PRIMARY KEY, o other, os other[])',
  );
  await publish(database, 't');
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables: { 'public.t': { index: 't' } } }));
  await client.query(`INSERT INTO t VALUES (1, ROW(1, 'a'), ARRAY[ROW(1, 'a')::other])`);
  await client.query(`CREATE TYPE mood AS ENUM ('sad', 'glad')`);
  await client.query('ALTER TABLE t ADD m mood, ADD ms mood[]');
  await client.query(`INSERT INTO t VALUES (2, NULL, NULL, 'sad', '{sad,glad}')`);
  await client.query(`ALTER TABLE t DROP m, DROP ms; DROP TYPE mood; CREATE TYPE mood AS ENUM ('x')`);
  await client.query('ALTER TABLE t ADD m mood, ADD extra text; ALTER TABLE t RENAME extra TO renamed');
  await client.query(`INSERT INTO t VALUES (3, NULL, NULL, 'x', 'e')`);
  await drained(database);
  expect(line.status().state).toBe('streaming');
  expect(JSON.parse(server.record('t', '2') ?? '')).toMatchObject({ m: 'sad' });
  expect(JSON.parse(server.record('t', '1') ?? '')).toMatchObject({ os: ['(1,a)'] });
});

test('a right that is taken away in the middle: it stops before the row, and a new start goes on from there', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(
    'CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE u (id int PRIMARY KEY, v text)',
  );
  await publish(database, 't, u');
  await using server = await startIndex({ requestBytesMax: 20_000 });
  const config = lineConfig(database, server, {
    shutdownMs: 100,
    tables: {
      'public.t': { index: 't', objectIDPrefix: 't-' },
      'public.u': { index: 't', objectIDPrefix: 'u-' },
    },
  });
  {
    await using line = startLine(config);
    await client.query(
      `INSERT INTO t SELECT g, repeat('x', 100) FROM generate_series(1, 2000) g; INSERT INTO u SELECT g, 'y' FROM generate_series(1, 2000) g`,
    );
    await drained(database);
    server.faults.add({ kind: 'refuse', status: 403, times: 1_000 });
    await client.query('DELETE FROM t WHERE id <= 100');
    const { rows } = await client.query('SELECT pg_current_wal_insert_lsn()::text AS lsn');
    await waitFor(() => line.status().state === 'waiting', { description: 'the refusal' });
    expect(line.status().error).toMatchObject({
      code: 'INDEX_REFUSED',
      message: expect.stringContaining('403'),
    });
    expect(await isHeldBefore(database, rows[0].lsn)).toBe(true);
  }
  server.faults.clear();
  await using again = startLine(config);
  await drained(database);
  await waitFor(() => again.status().state === 'streaming', { description: 'streaming' });
  const expected = ['t', 'u']
    .map(
      (name) =>
        `SELECT '${name}-' || id AS object_id, to_jsonb(x) || jsonb_build_object('objectID', '${name}-' || id, 'source_table', 'public.${name}') AS record FROM ${name} x`,
    )
    .join(' UNION ALL ');
  expectEqual(await compareIndex(client, server, 't', expected), 3_900);
});
