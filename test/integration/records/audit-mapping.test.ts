import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createAuditLog } from '../../support/audit-log.ts';
import { compareIndex, expectEqual, isoSql } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';

const table = { index: 'audit_log', objectID: ['id'], attributes: 'audit' as const };
const tables = { 'public.audit_log': table };

/** Rows of a log, and what their records must say of the documents. */
const ROWS = `
  INSERT INTO audit_log (id, occurred_at, actor_type, actor_id, action, target_type, target_id, outcome, source, before, after, metadata)
  VALUES
    (1, '2026-09-23 10:59:59.999999+00', 'user', 'u-1', 'report.renamed', 'report', 'r-1', 'succeeded', 'web',
     '{"name": "old", "tags": ["a", "b"], "size": 12345678901234567890.10}',
     '{"name": "néw 𝄞", "tags": ["b", "c"], "size": 12345678901234567890.11}', '{"ip": "10.0.0.1"}'),
    (2, '2026-09-23 11:00:00+00', NULL, 'u-1', 'user.created', NULL, 'u-2', NULL, NULL,
     NULL, '{"mail": "x@y", "password": "s3cr3t", "keys": [{"token": "s3cr3t", "n": 1}]}', NULL),
    (3, '1999-12-31 23:59:59+00', 'service', NULL, 'user.deleted', 'user', 'u-2', 'denied', NULL,
     '{"mail": "x@y"}', NULL, NULL),
    (4, '2026-01-01 00:00:00+00', NULL, NULL, 'user.viewed', 'user', 'u-2', 'succeeded', NULL, NULL, NULL, NULL);
  CREATE TABLE told (id int, op text, summary text, changes jsonb, fields jsonb, truncated int DEFAULT 0);
  INSERT INTO told VALUES
    (1, 'u', 'user u-1: report.renamed on report r-1, succeeded', '[
      {"path": "name", "op": "changed", "before": "old", "after": "néw 𝄞"},
      {"path": "size", "op": "changed", "before": 12345678901234567890.10, "after": 12345678901234567890.11},
      {"path": "tags[]", "op": "removed", "before": "a"},
      {"path": "tags[]", "op": "added", "after": "c"}]', '["name", "size", "tags"]'),
    (2, 'c', 'u-1: user.created', '[
      {"path": "keys", "op": "added", "after": [{"n": 1, "token": "(hidden)"}]},
      {"path": "mail", "op": "added", "after": "x@y"},
      {"path": "password", "op": "added", "hidden": true}]', '["keys", "mail", "password"]'),
    (3, 'd', 'service user.deleted on user u-2, denied', '[{"path": "mail", "op": "removed", "before": "x@y"}]', '["mail"]'),
    (4, 'r', 'user.viewed on user u-2, succeeded', '[]', '[]')`;

const EXPECTED = `
  SELECT id::text AS object_id, jsonb_build_object('objectID', id::text, 'source_table', 'public.audit_log', 'seq', id,
      'occurred_at', ${isoSql('occurred_at')}, 'occurred_at_ms', floor(extract(epoch FROM occurred_at) * 1000)::bigint,
      'hour_utc', to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24'),
      'day_utc', to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
    || (to_jsonb(a) - '{id, occurred_at, before, after, metadata}'::text[])
    || jsonb_build_object('target_key', target_type || ':' || target_id, 'op', op, 'summary', summary,
      'changes', changes, 'changed_fields', fields, 'changes_truncated', truncated) AS record
  FROM audit_log a JOIN told USING (id)`;

test('records of the standard mapping are what their rows say, and hold no secret', async () => {
  await using database = await createDatabase();
  await createAuditLog(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables }));
  await database.client.query(ROWS);
  await drained(database);
  expectEqual(await compareIndex(database.client, server, 'audit_log', EXPECTED), 4);
  for (const id of ['1', '2', '3', '4']) {
    expect(server.record('audit_log', id)).not.toContain('s3cr3t');
    expect(server.record('audit_log', id)).not.toContain('10.0.0.1');
  }
  await line.stop();
});

test('documents that do not travel with an update are read again, and compared as before', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createAuditLog(database);
  await client.query(
    'ALTER TABLE audit_log ALTER before SET STORAGE EXTERNAL, ALTER after SET STORAGE EXTERNAL',
  );
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables }));
  await client.query(ROWS);
  const large = randomBytes(200_000).toString('hex');
  await client.query(
    `UPDATE audit_log SET before = before || jsonb_build_object('large', $1::text),
       after = after || jsonb_build_object('large', $1::text) WHERE id = 1`,
    [large],
  );
  await drained(database);
  const told = JSON.parse(server.record('audit_log', '1') ?? '{}');
  await client.query(`UPDATE audit_log SET outcome = 'denied', target_id = 'r-2' WHERE id = 1`);
  await client.query(
    `UPDATE told SET summary = 'user u-1: report.renamed on report r-2, denied' WHERE id = 1`,
  );
  await drained(database);
  expectEqual(await compareIndex(client, server, 'audit_log', EXPECTED), 4);
  const again = JSON.parse(server.record('audit_log', '1') ?? '{}');
  expect(again.wal.lsn).not.toBe(told.wal.lsn);
  expect(again.changes).toEqual(told.changes);
  await line.stop();
});

test('a log that numbers its transactions has them, and a record that is cut has its changes whole', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createAuditLog(database);
  await using server = await startIndex();
  const cut = { 'public.audit_log': { ...table, oversize: 'cut' as const } };
  await using line = startLine(lineConfig(database, server, { tables: cut }));
  await client.query(ROWS);
  await client.query(`UPDATE audit_log SET source = repeat('x', 20000) WHERE id = 3`);
  await client.query(
    `UPDATE audit_log SET after = (SELECT jsonb_object_agg('k' || n, repeat('v', 400)) FROM generate_series(1, 60) n) WHERE id = 2`,
  );
  await drained(database);
  const record = (id: string) => JSON.parse(server.record('audit_log', id) ?? '{}');
  const { rows } = await client.query('SELECT id::text, tx_id::int FROM audit_log');
  for (const { id, tx_id } of rows) expect(record(id).tx_id).toBe(tx_id);
  expect(record('3')).toMatchObject({
    _cut: ['source'],
    changes: [{ path: 'mail', op: 'removed', before: 'x@y' }],
    changed_fields: ['mail'],
    changes_truncated: 0,
  });
  const many = record('2');
  expect(many.changes.length + many.changes_truncated).toBe(60);
  expect(many.changes[0]).toEqual({ path: 'k1', op: 'added', after: 'v'.repeat(298), cut: true });
  expect(many).not.toHaveProperty('_cut');
  await line.stop();
});
