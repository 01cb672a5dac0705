import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { createTables, expectedLog, expectLog, lookups, nameSql, tables } from './lookup-case.ts';

const BATCH = 1_000;

/** Statements of the connection on which names are read. */
function countStatements(): () => number {
  const { query } = pg.Client.prototype;
  let count = 0;
  const counting = vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (
    this: pg.Client,
    ...args: unknown[]
  ) {
    if (JSON.stringify(args).includes('unnest($1::text[]) AS asked')) count += 1;
    return Reflect.apply(query, this, args) as never;
  } as never);
  onTestFinished(() => counting.mockRestore());
  return () => count;
}

async function insertRows({ client }: TestDatabase, rows: number): Promise<void> {
  await client.query(`INSERT INTO log (actor_id, data)
    SELECT (1 + n % 500)::text, jsonb_build_object('owner', jsonb_build_object('id', 1 + n % 400)) FROM generate_series(1, ${rows}) n`);
}

test('names cost a statement for a batch, and none once they are remembered', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createTables(database);
  await client.query(`INSERT INTO users SELECT n, 'user ' || n FROM generate_series(1, 500) n`);
  const statements = countStatements();
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables, lookups, batch: { recordsMax: BATCH } });
  await using line = startLine(config);
  for (let round = 0; round < 10; round++) await insertRows(database, 1_000);
  await Promise.race([line.ended, drained(database)]);
  const batches = line.confirmed.length;
  const first = statements();
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThanOrEqual(batches);
  for (let round = 0; round < 50; round++) await insertRows(database, 10);
  await Promise.race([line.ended, drained(database)]);
  expect(statements()).toBe(first);
  await expectLog(database, server, expectedLog(nameSql('l.actor_id')), 10_500);
  await line.stop();
});

test('ids that have no name cost no more', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createTables(database);
  await insertRows(database, 5_000);
  await client.query(`UPDATE log SET actor_id = 'cron'`);
  const statements = countStatements();
  await using server = await startIndex();
  // Ten batches, however slowly they come: a row without its name counts for as much as its record may have.
  const batch = { recordsMax: BATCH, lingerMs: 60_000 };
  const algolia = { recordBytesMax: 1_000 };
  const config = lineConfig(database, server, { tables, lookups, batch, algolia });
  await using line = startLine(config);
  await Promise.race([line.ended, drained(database)]);
  expect(statements()).toBeGreaterThan(0);
  // Of the first batches at most, which were encoded before anything was read; what was committed before holds for all rows of the backlog.
  expect(statements()).toBeLessThanOrEqual(5);
  await expectLog(database, server, expectedLog('NULL', 'NULL'), 5_000);
  await line.stop();
});
