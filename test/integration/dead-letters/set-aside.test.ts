import { expect, test } from 'vitest';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, type Line, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { rows } from './letter-case.ts';

const tables = { 'public.t': { index: 't' } };
/** Those rows that are not set aside. */
const SEARCHABLE = `SELECT id::text AS object_id, to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t') AS record
  FROM t WHERE NOT EXISTS (SELECT FROM wal2algolia.dead_letter WHERE object_id = t.id::text)`;

async function createT({ client, publication, slot }: TestDatabase): Promise<void> {
  await client.query('CREATE TABLE t (id int PRIMARY KEY, v text)');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
}

async function expectSearchable(
  { client }: TestDatabase,
  server: AlgoliaServer,
  rowsMin: number,
): Promise<void> {
  expectEqual(await compareIndex(client, server, 't', SEARCHABLE), rowsMin);
}

async function askAgain({ client }: TestDatabase): Promise<void> {
  await client.query(
    `SELECT pg_logical_emit_message(true, 'wal2algolia', jsonb_build_object('refresh', jsonb_build_object(
       'table', 'public.t', 'objectIDs', jsonb_agg(object_id)))::text) FROM wal2algolia.dead_letter`,
  );
}

const errorOf = (line: { status(): { error?: { code: string } } }) => line.status().error?.code;

/** Whether the line has confirmed nothing from here on. What is before it, the WAL of others as well, may be confirmed at any time. */
async function isHeldBefore({ client }: TestDatabase, line: Line, lsn: string): Promise<boolean> {
  const { rows: facts } = await client.query<{ held: boolean }>('SELECT $1::pg_lsn < $2::pg_lsn AS held', [
    line.status().slot.confirmedLsn,
    lsn,
  ]);
  return facts[0]?.held === true;
}

/** Behind the commits that there are. */
async function walEnd({ client }: TestDatabase): Promise<string> {
  const { rows: ends } = await client.query<{ lsn: string }>(
    'SELECT pg_current_wal_insert_lsn()::text AS lsn',
  );
  return ends[0]?.lsn ?? '';
}

test.each([
  ['old', 50_000],
  ['new', 5_000],
] as const)(
  'as %s infrastructure says it, a row of 1 MB and 100 refused rows in %d: the rest is searchable; with larger limits all',
  async (infrastructure, count) => {
    await using database = await createDatabase();
    const { client } = database;
    await createT(database);
    await createDeadLetterTable(database);
    await using server = await startIndex({ recordBytesMax: 5_000, infrastructure });
    const config = lineConfig(database, server, { tables });
    const line = startLine(config);
    await client.query(
      `INSERT INTO t SELECT g, repeat('x', CASE WHEN g = 777 THEN 900000 WHEN g % ($1 / 100) = 0 THEN 6000 ELSE 10 END)
       FROM generate_series(1, $1::int) g`,
      [count],
    );
    await drained(database);
    expect(line.status()).toMatchObject({
      state: 'streaming',
      records: { written: count - 101, deadLetters: 101 },
    });
    await expectSearchable(database, server, count - 101);
    const letters = await rows(database);
    expect(letters).toHaveLength(101);
    expect(letters.filter(({ reason }) => reason === 'too-large')).toMatchObject([
      {
        object_id: '777',
        table_name: 'public.t',
        index_name: 't',
        http_status: null,
        record: null,
        attempts: 1,
      },
    ]);
    const { record, ...refused } = letters.find(({ object_id }) => object_id === '500') ?? {};
    expect(refused).toMatchObject({
      reason: 'refused',
      http_status: 400,
      message: expect.stringMatching(/too big/),
    });
    expect(refused['lsn']).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
    expect(refused['committed_at']).toBeInstanceOf(Date);
    expect(JSON.parse(String(record))).toMatchObject({ id: 500, objectID: '500', v: 'x'.repeat(6_000) });

    await askAgain(database);
    await drained(database);
    expect((await rows(database)).map(({ attempts }) => attempts)).toEqual(Array(101).fill(2));
    server.limits.recordBytesMax = 1_000_000;
    await line[Symbol.asyncDispose]();
    await using again = startLine(
      lineConfig(database, server, { tables, algolia: { recordBytesMax: 1_000_000 } }),
    );
    await askAgain(database);
    await drained(database);
    expect(await rows(database)).toEqual([]);
    expect(again.status().records.deadLetters).toBe(0);
    await expectSearchable(database, server, count);
  },
);

test('whatever writes or removes the record settles its dead letter, and only that', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createT(database);
  await createDeadLetterTable(database);
  await using server = await startIndex();
  await using _line = startLine(lineConfig(database, server, { tables }));
  await client.query(`INSERT INTO t SELECT g, repeat('x', 20000) FROM generate_series(1, 4) g`);
  await client.query(`INSERT INTO t VALUES (5, 'good')`);
  await drained(database);
  const left = async () => (await rows(database)).map(({ object_id }) => object_id);
  expect(await left()).toEqual(['1', '2', '3', '4']);
  await client.query(
    `UPDATE t SET v = 'good' WHERE id = 1; DELETE FROM t WHERE id = 2; UPDATE t SET v = 'better' WHERE id = 5`,
  );
  await drained(database);
  expect(await left()).toEqual(['3', '4']);
  await client.query(`UPDATE t SET id = 30, v = 'good' WHERE id = 3`);
  await drained(database);
  expect(await left()).toEqual(['4']);
  await expectSearchable(database, server, 3);
  await client.query('TRUNCATE t');
  await drained(database);
  expect(await left()).toEqual([]);
});

test('without its table the line waits at the row, confirms nothing behind it, and goes on once the table is there', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createT(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables }));
  await client.query(`INSERT INTO t VALUES (1, 'good')`);
  await drained(database);
  await client.query(`INSERT INTO t VALUES (2, repeat('x', 20000)); INSERT INTO t VALUES (3, 'behind it')`);
  const end = await walEnd(database);
  await waitFor(() => errorOf(line) === 'DEAD_LETTERS_UNWRITABLE', {
    description: 'the line to say why it waits',
  });
  expect(line.status()).toMatchObject({
    state: 'waiting',
    error: { remedy: expect.stringContaining('setup') },
  });
  expect(await isHeldBefore(database, line, end)).toBe(true);
  await createDeadLetterTable(database);
  await drained(database);
  expect(await rows(database)).toMatchObject([{ object_id: '2' }]);
  await expectSearchable(database, server, 2);
});

test.each([
  [
    'a mass of refusals',
    { kind: 'refuse', status: 400, message: 'You have exceeded your Record quota' },
    'MASS_REFUSAL',
  ],
  ['403', { kind: 'refuse', status: 403 }, 'INDEX_REFUSED'],
  ['402', { kind: 'refuse', status: 402 }, 'INDEX_REFUSED'],
  ['422', { kind: 'refuse', status: 422 }, 'INDEX_REFUSED'],
] as const)(
  '%s in the middle: it waits and confirms nothing, and goes on once that is mended',
  async (_, fault, code) => {
    await using database = await createDatabase();
    const { client } = database;
    await createT(database);
    await createDeadLetterTable(database);
    await using server = await startIndex();
    // Of a batch that closes with a few of them nobody could say that they are many.
    const batch = { recordsMax: 200, lingerMs: 60_000 };
    await using line = startLine(lineConfig(database, server, { tables, batch }));
    await client.query(`INSERT INTO t SELECT g, 'good' FROM generate_series(1, 200) g`);
    await drained(database);
    server.faults.add({ ...fault, times: 1_000_000, path: '/batch' });
    await client.query(`INSERT INTO t SELECT g, 'v' FROM generate_series(201, 400) g`);
    const end = await walEnd(database);
    await waitFor(() => errorOf(line) === code, { description: 'the line to say why it waits' });
    expect(line.status()).toMatchObject({ state: 'waiting', error: { remedy: expect.stringMatching(/\w/) } });
    expect(await isHeldBefore(database, line, end)).toBe(true);
    server.faults.clear();
    await drained(database);
    expect(await rows(database)).toEqual([]);
    expect(errorOf(line)).toBeUndefined();
    await expectSearchable(database, server, 400);
  },
);
