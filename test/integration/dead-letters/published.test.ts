import { expect, test } from 'vitest';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, serverMajor, type TestDatabase } from '../../support/postgres.ts';
import { letter, openLetters, setAside } from './letter-case.ts';

const EXPECTED = `SELECT id::text AS object_id,
  jsonb_build_object('objectID', id::text, 'source_table', 'public.t', 'id', id) AS record FROM t`;

/** Publications that hold our own table as well; those of whole schemas came with Postgres 15. */
const PUBLICATIONS = () => [
  'FOR ALL TABLES',
  ...(serverMajor() < 15 ? [] : ['FOR TABLES IN SCHEMA public, wal2algolia']),
];

async function changeLetters(database: TestDatabase): Promise<void> {
  await using letters = await openLetters(database);
  await letters.apply(setAside(letter(), letter({ objectID: '2' })));
  await letters.apply({ settled: [{ index: 't', objectID: '2' }], emptied: [], setAside: [letter()] });
  await database.client.query('TRUNCATE wal2algolia.dead_letter');
}

test('our own table is never followed, whatever publication holds it', async () => {
  for (const tables of PUBLICATIONS()) {
    await using database = await createDatabase();
    const { client, publication, slot } = database;
    await client.query('CREATE TABLE t (id int PRIMARY KEY)');
    await createDeadLetterTable(database);
    await client.query(`CREATE PUBLICATION "${publication}" ${tables}`);
    await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
    await using server = await startIndex();
    const config = lineConfig(database, server, { tables: { 'public.t': { index: 't' } } });
    await changeLetters(database);
    await client.query('INSERT INTO t VALUES (1)');
    await using line = startLine(config);
    await Promise.race([line.ended, drained(database)]);
    await changeLetters(database);
    await client.query('INSERT INTO t VALUES (2)');
    await client.query('BEGIN; INSERT INTO t VALUES (3); TRUNCATE wal2algolia.dead_letter; COMMIT');
    await Promise.race([line.ended, drained(database)]);
    expect(line.status().state).toBe('streaming');
    expectEqual(await compareIndex(client, server, 't', EXPECTED), 3);
    expect(line.status().records).toMatchObject({ written: 3, deleted: 0 });
  }
});

test('a table that is made in the schema while the pipeline runs, and one that was moved there and is configured', async () => {
  await using database = await createDatabase();
  const { client, publication, slot } = database;
  await client.query('CREATE TABLE t (id int PRIMARY KEY)');
  await client.query(`CREATE PUBLICATION "${publication}" FOR ALL TABLES`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables: { 'public.t': { index: 't' } } }));
  await client.query('INSERT INTO t VALUES (1)');
  await Promise.race([line.ended, drained(database)]);
  await createDeadLetterTable(database);
  await changeLetters(database);
  await client.query('ALTER TABLE t SET SCHEMA wal2algolia');
  await client.query('INSERT INTO wal2algolia.t VALUES (2)');
  await Promise.race([line.ended, drained(database)]);
  expectEqual(await compareIndex(client, server, 't', EXPECTED.replace('FROM t', 'FROM wal2algolia.t')), 2);
});
