import { expect, test } from 'vitest';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';

const tables = { 'public.t': { index: 't' } };

async function letters({ client }: TestDatabase): Promise<Record<string, unknown>[]> {
  return (await client.query('SELECT object_id, attempts, record FROM wal2algolia.dead_letter')).rows;
}

test('dead letter settled by a partial image: only the whole record settles it', async () => {
  await using database = await createDatabase();
  const { client, publication, slot } = database;
  // What does not fit into a row's page and is not touched by an update does not travel with it.
  await client.query('CREATE TABLE t (id int PRIMARY KEY, note text, big text)');
  await client.query('ALTER TABLE t ALTER big SET STORAGE EXTERNAL');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  await createDeadLetterTable(database);
  await using server = await startIndex();
  server.faults.add({ kind: 'poison', text: 'bad'.repeat(1_000), names: 'nothing' });
  await using _line = startLine(lineConfig(database, server, { tables }));
  await client.query(
    `INSERT INTO t VALUES (1, 'first', repeat('bad', 1000)), (2, 'first', repeat('good', 1000))`,
  );
  await drained(database);
  expect(await letters(database)).toMatchObject([{ object_id: '1', attempts: 1 }]);
  await client.query(`UPDATE t SET note = 'second'`);
  await drained(database);
  const [letter, ...more] = await letters(database);
  expect(more).toEqual([]);
  expect(letter).toMatchObject({ object_id: '1', attempts: 2 });
  expect(JSON.parse(String(letter?.['record']))).toMatchObject({ note: 'second', big: 'bad'.repeat(1_000) });
  expect(server.record('t', '1')).toBeUndefined();
  expect(JSON.parse(server.record('t', '2') ?? '')).toMatchObject({
    note: 'second',
    big: 'good'.repeat(1_000),
  });
  server.faults.clear();
  await client.query(`UPDATE t SET note = 'third' WHERE id = 1`);
  await drained(database);
  expect(await letters(database)).toEqual([]);
  expect(JSON.parse(server.record('t', '1') ?? '')).toMatchObject({
    note: 'third',
    big: 'bad'.repeat(1_000),
  });
});

test.each(['old', 'new'] as const)(
  'oversize record in both shapes: as %s infrastructure names it',
  async (infrastructure) => {
    await using database = await createDatabase();
    const { client, publication, slot } = database;
    await client.query('CREATE TABLE t (id text PRIMARY KEY, v text)');
    await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t`);
    await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
    await createDeadLetterTable(database);
    await using server = await startIndex({ infrastructure, recordBytesMax: 1_000 });
    await using _line = startLine(lineConfig(database, server, { tables }));
    await client.query(
      `INSERT INTO t SELECT CASE WHEN g = 700 THEN 'is too big, objectID=7' ELSE g::text END, repeat('x', CASE WHEN g = 700 THEN 1000 ELSE 1 END)
     FROM generate_series(1, 2000) g`,
    );
    await drained(database);
    expect(await letters(database)).toMatchObject([{ object_id: 'is too big, objectID=7' }]);
    for (const id of ['7', '699', '701', '2000']) expect(server.record('t', id), id).toBeDefined();
  },
);
