import { expect, test } from 'vitest';
import { createAuditLog } from '../../support/audit-log.ts';
import { compareIndex, expectEqual, expectedAuditLog } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

test('a table renamed while streaming stays in its index, also after the connection was cut', async () => {
  await using database = await createDatabase();
  await createAuditLog(database);
  const { client, slot } = database;
  await using server = await startIndex({ taskDelayMs: 5 });
  await using line = startLine(lineConfig(database, server));
  await waitFor(() => line.status().state === 'streaming', { description: 'a session' });
  const insert = (table: string): Promise<unknown> =>
    client.query(`INSERT INTO ${table} (action) SELECT 'report.renamed' FROM generate_series(1, 100)`);
  await insert('audit_log');
  await client.query('ALTER TABLE audit_log RENAME TO audit_log_old');
  await insert('audit_log_old');
  const { rows } = await client.query<{ pid: number }>(
    'SELECT active_pid AS pid, pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1',
    [slot],
  );
  await client.query('CREATE TABLE audit_log (LIKE audit_log_old)');
  await insert('audit_log_old');
  const next = waitFor(
    async () => {
      const { rows: slots } = await client.query(
        'SELECT active_pid <> $2 AS is_another FROM pg_replication_slots WHERE slot_name = $1',
        [slot, rows[0]?.pid],
      );
      return slots[0]?.is_another;
    },
    { description: 'the next session' },
  );
  await Promise.race([next, line.ended]);
  await client.query(`UPDATE audit_log_old SET outcome = 'denied' WHERE id % 7 = 0`);
  await drained(database);
  const expected = expectedAuditLog('public.audit_log').replace(
    'FROM public.audit_log t',
    'FROM audit_log_old t',
  );
  expectEqual(await compareIndex(client, server, 'audit_log', expected), 300);
  expect(line.status().state).toBe('streaming');
  await line.stop();
});
