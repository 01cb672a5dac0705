import { expect, test } from 'vitest';
import { createAuditLog } from '../../support/audit-log.ts';
import { compareIndex, expectEqual, expectedAuditLog } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { webhookRows } from '../../support/webhooks.ts';

const RECORD_BYTES_MAX = 100_000;

test('every webhook payload that GitHub documents becomes a record: jsonb byte for byte on the wire, and equal by value', async () => {
  await using database = await createDatabase();
  await createAuditLog(database);
  await using server = await startIndex({ recordBytesMax: RECORD_BYTES_MAX });
  const rows = webhookRows();
  expect(rows).toHaveLength(329);
  await using line = startLine(
    lineConfig(database, server, { algolia: { recordBytesMax: RECORD_BYTES_MAX } }),
  );
  await database.client.query(
    `INSERT INTO audit_log (actor_type, actor_id, action, target_type, target_id, source, tenant, metadata)
     SELECT actor_type, actor_id, action, target_type, target_id, source, tenant, metadata
     FROM jsonb_populate_recordset(NULL::audit_log, $1::jsonb)`,
    [JSON.stringify(rows)],
  );
  await drained(database);
  expectEqual(await compareIndex(database.client, server, 'audit_log', expectedAuditLog()), 329);

  const stored = await database.client.query<{ id: string; metadata: string; action: string }>(
    'SELECT id::text, metadata::text, action FROM audit_log ORDER BY id',
  );
  for (const { id, metadata } of stored.rows) {
    // The server keeps each record as the bytes of the request that brought it.
    expect(server.record('audit_log', id)).toContain(`"metadata":${metadata},"tx_id":`);
  }
  const opened = stored.rows.filter(({ action }) => action === 'issues.opened').length;
  expect(opened).toBeGreaterThan(0);
  expect(line.status().records.written).toBe(329);
});
