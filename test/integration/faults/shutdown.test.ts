import { expect, test } from 'vitest';
import { createAuditLog } from '../../support/audit-log.ts';
import { lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { waitFor } from '../../support/wait-for.ts';

test('told to stop while Postgres is gone without a word, it ends with nothing left to wait for', async () => {
  await using database = await createDatabase();
  await createAuditLog(database);
  await using server = await startIndex();
  await using proxy = await startTcpProxy(database.url);
  await using line = startLine({
    ...lineConfig(database, server),
    postgres: { url: proxy.url },
    shutdownMs: 60_000,
  });
  await waitFor(() => line.status().state === 'streaming', { description: 'the session' });
  proxy.become({ isFrozen: true });
  await line.stop();
});

test('a drain whose session is lost is not told as drained', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createAuditLog(database);
  await using server = await startIndex();
  await using line = startLine({ ...lineConfig(database, server), shutdownMs: 5_000 });
  await waitFor(() => line.status().state === 'streaming', { description: 'the session' });
  server.faults.add({ kind: 'refuse', status: 503, times: 1_000 });
  await client.query(`INSERT INTO audit_log (action) VALUES ('not.written')`);
  await waitFor(() => server.faults.met > 0, { description: 'the row to be refused' });
  const stopped = line.stop().then(
    () => 'drained',
    (error: { code: string }) => error.code,
  );
  await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'wal2algolia control' AND datname = current_database()`,
  );
  expect(await stopped).toBe('SHUTDOWN_DEADLINE');
  expect(server.record('audit_log', '1')).toBeUndefined();
});
