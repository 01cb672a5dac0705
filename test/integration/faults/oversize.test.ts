import { expect, test } from 'vitest';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { ask } from '../refresh/refresh-case.ts';

const tables = {
  'public.t': { index: 't', attributes: { note: 'note', rank: { column: 'rank', as: 'number' as const } } },
};
const expected = (condition: string) =>
  `SELECT id::text AS object_id, jsonb_build_object('objectID', id::text, 'note', note, 'rank', rank::numeric,
     'source_table', 'public.t') AS record FROM t WHERE ${condition}`;

async function letters({ client }: TestDatabase): Promise<readonly unknown[]> {
  const { rows } = await client.query(
    'SELECT object_id, reason, lsn IS NOT NULL AS streamed FROM wal2algolia.dead_letter ORDER BY object_id::int',
  );
  return rows.map(({ object_id, reason, streamed }) => [object_id, reason, streamed]);
}

test('a row of 1 MB and one that cannot be read among 1,000: the others are there, those are listed, and become records once they can', async () => {
  await using database = await createDatabase();
  const { client, publication, slot } = database;
  await createDeadLetterTable(database);
  await client.query('CREATE TABLE t (id int PRIMARY KEY, note text, rank text)');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  await using server = await startIndex({ recordBytesMax: 3_000_000 });
  const config = lineConfig(database, server, { tables });
  {
    await using line = startLine(config);
    await client.query(`INSERT INTO t SELECT n, CASE WHEN n = 200 THEN repeat('x', 900000) ELSE 'note ' || n END,
      CASE WHEN n = 300 THEN 'first' ELSE n::text END FROM generate_series(1, 1000) n`);
    await drained(database);
    expect(line.status().state).toBe('streaming');
  }
  expectEqual(await compareIndex(client, server, 't', expected('id NOT IN (200, 300)')), 998);
  expect(await letters(database)).toEqual([
    ['200', 'too-large', true],
    ['300', 'unreadable-value', true],
  ]);
  await using line = startLine(
    lineConfig(database, server, { tables, algolia: { recordBytesMax: 1_000_000 } }),
  );
  await client.query(`UPDATE t SET rank = '1' WHERE id = 300`);
  await ask(database, ['200']);
  await drained(database);
  expectEqual(await compareIndex(client, server, 't', expected('true')), 1_000);
  expect(await letters(database)).toEqual([]);
  await line.stop();
});

test('a row that is set aside for a large value, and changes without it: set aside until it is whole, never with a hole', async () => {
  await using database = await createDatabase();
  const { client, publication, slot } = database;
  await createDeadLetterTable(database);
  await client.query('CREATE TABLE t (id int PRIMARY KEY, note text, rank text)');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables }));
  await client.query(
    `INSERT INTO t SELECT 1, string_agg(md5(n::text), ''), '1' FROM generate_series(1, 1000) n`,
  );
  await drained(database);
  for (const rank of ['2', '3']) {
    await client.query('UPDATE t SET rank = $1', [rank]);
    await drained(database);
    expect(await letters(database)).toEqual([['1', 'too-large', true]]);
    expect(server.record('t', '1')).toBeUndefined();
  }
  await client.query(`UPDATE t SET note = 'small'`);
  await drained(database);
  expectEqual(await compareIndex(client, server, 't', expected('true')), 1);
  expect(await letters(database)).toEqual([]);
  await line.stop();
});
