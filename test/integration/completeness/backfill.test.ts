import { expect, onTestFinished, test } from 'vitest';
import { microsOf } from '../../../src/completeness/instant.ts';
import { completenessOf } from '../../../src/reports/completeness.ts';
import { startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { backfill, createOwnTables } from '../backfill/backfill-case.ts';
import { createCase, statusConfig, statusOnce } from './status-case.ts';

test('a table whose rows from before the slot are all loaded is covered from its beginning; a part of them does not do', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createCase(database);
  await createOwnTables(database);
  await client.query(
    `INSERT INTO audit_log (action, occurred_at) SELECT 'report.read', now() - i * interval '1 day' FROM generate_series(1, 50) i`,
  );
  await client.query(`SELECT pg_drop_replication_slot($1)`, [database.slot]);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [database.slot]);
  await using server = await startIndex();
  const config = statusConfig(database, server);
  let line = startLine(config);
  onTestFinished(() => line[Symbol.asyncDispose]());
  const first = await statusOnce(database, server, 'a status', ({ closedThrough }) => closedThrough !== null);
  const before = microsOf(first.tables[0]?.from ?? '') ?? 0n;
  const window = { fromMicros: before - 3_600_000_000n, toMicros: before };
  const judged = (status: typeof first) =>
    completenessOf([{ status, letters: [] }], 'audit_log', window).state;
  expect(judged(first)).toBe('incomplete');
  const table = 'public.audit_log';
  await backfill(database, config, { table, scope: { where: 'id > 10' } });
  await line.stop();
  line = startLine(config);
  const second = await statusOnce(
    database,
    server,
    'a later status',
    ({ writtenAt }) => writtenAt > first.writtenAt,
  );
  expect(second).toMatchObject({ backfill: null });
  expect(judged(second)).toBe('incomplete');
  const ending = new AbortController();
  const ended = backfill(database, config, {
    table,
    signal: ending.signal,
    onProgress: () => ending.abort(),
  });
  await expect(ended).rejects.toMatchObject({ exitCode: 75 });
  await line.stop();
  line = startLine(config);
  const third = await statusOnce(
    database,
    server,
    'it to be under way',
    (status) => status.backfill !== null,
  );
  expect(third.backfill).toMatchObject([{ table, index: 'audit_log', rows: 0 }]);
  expect(judged(third)).toBe('incomplete');
  await backfill(database, config, { table });
  await line.stop();
  line = startLine(config);
  const last = await statusOnce(
    database,
    server,
    'it to be loaded, and the window closed',
    ({ tables, closedThrough }) =>
      tables[0]?.loadedAt !== undefined && (microsOf(closedThrough ?? '') ?? 0n) >= before,
  );
  expect(last.backfill).toBeNull();
  expect(judged(last)).toBe('complete');
  await line.stop();
});
