import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { compareIndex, expectEqual, expectedAuditLog } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';

async function auditLog(database: TestDatabase): Promise<void> {
  await database.client.query(await readFile('postgres/audit-log.sql', 'utf8'));
  await database.client.query(`CREATE PUBLICATION "${database.publication}" FOR TABLE audit_log`);
  await database.client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [database.slot]);
}

test('inserts, whole updates and deletes end up in the index, which equals the table', async () => {
  await using database = await createDatabase();
  await auditLog(database);
  await using server = await startIndex({ taskDelayMs: 20 });
  await using line = startLine(lineConfig(database, server));
  const { client } = database;
  await client.query(`INSERT INTO audit_log (occurred_at, action, after) SELECT now() + g * interval '1.000001 s', 'report.renamed',
    jsonb_build_object('n', 12345678901234567890 + g, 'm', 1.10, 's', '<é𝄞>') FROM generate_series(1, 500) g`);
  await client.query(`UPDATE audit_log SET outcome = 'denied' WHERE id % 7 = 0`);
  await client.query(`UPDATE audit_log SET id = id + 10000 WHERE id % 50 = 0`).catch(() => undefined);
  await client.query('DELETE FROM audit_log WHERE id % 3 = 0');
  await drained(database);
  expectEqual(await compareIndex(client, server, 'audit_log', expectedAuditLog()), 300);
  expect(line.status().state).toBe('streaming');
  await line.stop();
});
