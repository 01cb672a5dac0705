import { expect, test } from 'vitest';
import { drained, startIndex } from '../support/line.ts';
import { createDatabase } from '../support/postgres.ts';
import { waitFor } from '../support/wait-for.ts';
import { startLoad } from './audit-log-load.ts';
import { createAuditLog, expectIndexEqualsTable, insertRows } from './audit-table.ts';
import { startRun } from './run-process.ts';

test.each([
  ['SIGKILL', { code: null, signal: 'SIGKILL' }],
  ['SIGTERM', { code: 0, signal: null }],
] as const)('the standby takes over after %s of the holder', async (signal, end) => {
  await using database = await createDatabase();
  await createAuditLog(database);
  await using server = await startIndex({ taskDelayMs: 30 });
  await using first = await startRun({ database, server });
  await first.streaming();
  await using second = await startRun({ database, server });
  await waitFor(async () => (await second.readiness()).reason?.startsWith('standby'), {
    description: 'the second process to stand by',
  });
  expect((await second.readiness()).status).toBe(503);
  await using load = await startLoad(database, 1);
  await waitFor(() => server.journal().arrived.length > 20, { description: 'rows in the index' });
  expect((await second.readiness()).reason).toMatch(/^standby/);
  first.signal(signal);
  expect(await first.ended).toEqual(end);
  await second.streaming();
  await insertRows(database, 1_000);
  await load.stop();
  await drained(database);
  await expectIndexEqualsTable(database, server, 1_000);
  second.signal('SIGTERM');
  expect(await second.ended).toEqual({ code: 0, signal: null });
});
