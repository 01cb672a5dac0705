import { expect, test } from 'vitest';
import { createAuditLog } from '../../support/audit-log.ts';
import { compareIndex, expectEqual, expectedAuditLog } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';

test('inserts, whole updates and deletes end up in the index, which equals the table', async () => {
  await using database = await createDatabase();
  await createAuditLog(database);
  await using server = await startIndex({ taskDelayMs: 20 });
  await using line = startLine(lineConfig(database, server));
  const { client } = database;
  await client.query(`INSERT INTO audit_log (occurred_at, action, after) SELECT now() + g * interval '1.000001 s', 'report.renamed',
    jsonb_build_object('n', 12345678901234567890 + g, 'm', 1.10, 's', '<é𝄞>') FROM generate_series(1, 500) g`);
  await client.query(`UPDATE audit_log SET outcome = 'denied' WHERE id % 7 = 0`);
  await client.query('UPDATE audit_log SET id = id + 10000 WHERE id % 50 = 0');
  await client.query('DELETE FROM audit_log WHERE id % 3 = 0');
  await drained(database);
  expectEqual(await compareIndex(client, server, 'audit_log', expectedAuditLog()), 300);
  expect(line.status().state).toBe('streaming');
  await line.stop();
});
