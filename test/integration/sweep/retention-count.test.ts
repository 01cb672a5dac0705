import { expect, test } from 'vitest';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { createLog, expectKept, floors, hourSql, TABLES } from './retention-case.ts';

const tables = {
  'public.t': {
    ...TABLES?.['public.t'],
    index: 't',
    retention: { recordsMax: 1_000, sweepPerSecond: 10_000 },
  },
};

async function insert({ client }: TestDatabase, from: number, to: number): Promise<void> {
  await client.query(
    `INSERT INTO t SELECT i, ${hourSql('i')}, 'row ' || i FROM generate_series(${from}, ${to}) i`,
  );
}

const wake = ({ client }: TestDatabase) =>
  client.query(`SELECT pg_logical_emit_message(true, 'wal2algolia', '{"erase":{}}')`);

/** Resolves when the records have been counted once more, for what `work` does. */
async function counted<T>({ faults }: AlgoliaServer, work: () => T | Promise<T>): Promise<T> {
  const { met } = faults;
  faults.add({ kind: 'slow', firstByteMs: 0, path: '/browse' });
  const result = await work();
  await waitFor(() => faults.met > met, { description: 'the records to be counted' });
  return result;
}

test('beyond the number of records that may be there the oldest go and stay away, and Postgres keeps their rows', async () => {
  await using database = await createDatabase();
  await createLog(database);
  const { client } = database;
  await using server = await startIndex();
  await using line = await counted(server, () => startLine(lineConfig(database, server, { tables })));
  await insert(database, 1, 1_000);
  await expectKept(database, server, hourSql(0), 1_000);
  await counted(server, () => wake(database));
  await insert(database, 1_001, 1_005);
  await expectKept(database, server, hourSql(0), 1_005);
  expect(await floors(database)).toEqual([]);

  await insert(database, 1_006, 1_500);
  await expectKept(database, server, hourSql(0), 1_500);
  await wake(database);
  await waitFor(async () => (await floors(database)).length === 1, { description: 'a floor' });
  // 990 of them.
  await expectKept(database, server, hourSql(511), 990);
  const standing = await floors(database);
  await client.query(`UPDATE t SET v = 'changed' WHERE id IN (5, 510, 511)`);
  await insert(database, 1_501, 1_510);
  await wake(database);
  await expectKept(database, server, hourSql(511), 1_000);
  expect(await floors(database)).toEqual(standing);
  const { rows } = await client.query('SELECT count(*)::int AS count FROM t');
  expect(rows).toEqual([{ count: 1_510 }]);
  expect(line.status().state).toBe('streaming');
});
