import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from 'pg';

/** `after.n` of a row is below it; no two of a million ids share one. */
export const CHECKSUM_PRIME = 1_000_003;

export const COLUMNS: readonly string[] = [
  'id',
  'occurred_at',
  'actor_type',
  'actor_id',
  'action',
  'target_type',
  'target_id',
  'outcome',
  'request_id',
  'source',
  'tenant',
  'before',
  'after',
  'metadata',
  'tx_id',
];

const AUDIT_LOG = fileURLToPath(new URL('../../postgres/audit-log.sql', import.meta.url));

/** Makes the audit log, a publication of it and a slot that has everything after them before it. */
export async function createAuditLog(client: Client, publication: string, slot: string): Promise<void> {
  await createPublishedTable(client, publication, 'insert');
  await createSlot(client, slot);
}

export async function createPublishedTable(
  client: Client,
  publication: string,
  publish: string,
): Promise<void> {
  await client.query(await readFile(AUDIT_LOG, 'utf8'));
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE audit_log WITH (publish = '${publish}')`);
}

export async function createSlot(client: Client, slot: string, plugin = 'pgoutput'): Promise<void> {
  await client.query('SELECT pg_create_logical_replication_slot($1, $2)', [slot, plugin]);
}

/**
 * An INSERT of rows of about 250 bytes; `ids` is an SQL expression of a set of integers, which become `id`; `metadata` and `before`
 * are ones of jsonb over them.
 */
export function insertRows(ids: string, metadata = 'NULL::jsonb', before = 'NULL::jsonb'): string {
  return `INSERT INTO audit_log (id, occurred_at, actor_type, actor_id, action, target_type, target_id, outcome,
      request_id, source, tenant, after, metadata, before)
    SELECT id, timestamptz '2026-01-01 00:00:00.000001Z' + id * interval '1.000001 s', 'user', 'user_' || id % 5000,
      'report.renamed', 'report', 'report_' || id % 70000, 'succeeded', 'req_' || id * 7919, 'web', 'tenant_' || id % 40,
      jsonb_build_object('n', id * 31337 % ${CHECKSUM_PRIME}, 'name', 'Quarterly numbers, region ' || id % 300, 'shared', true), ${metadata}, ${before}
    FROM (SELECT ${ids}::bigint AS id) AS numbers`;
}

/** An UPDATE of the rows with these ids, `ids` as above; what it writes is as long as what was there. */
export function updateRows(ids: string): string {
  return `UPDATE audit_log SET outcome = 'corrected', request_id = 'req_' || id * 7907, before = after
    WHERE id IN (SELECT ${ids}::bigint)`;
}

/** Runs `statement` over the ids from 1 to `rows`, and commits after every `perTransaction` of them. */
export async function inTransactions(
  client: Client,
  statement: (ids: string) => string,
  rows: number,
  perTransaction: number,
): Promise<void> {
  const each = Math.min(rows, perTransaction);
  const ids = `generate_series(first, least(first + ${each - 1}, ${rows}))`;
  await client.query(`DO $$ DECLARE first bigint; BEGIN
    FOR first IN SELECT generate_series(1, ${rows}, ${each}) LOOP ${statement(ids)}; COMMIT; END LOOP;
  END $$`);
}

/** Where the WAL ends, which is at or behind the end of the last commit. */
export async function walEnd(client: Client): Promise<string> {
  const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn()::text AS lsn');
  if (rows[0] === undefined) throw new Error('Postgres did not say where its WAL ends');
  return rows[0].lsn;
}

export type SlotState = { readonly walsenderPid: number | null; readonly isConfirmed: boolean };

/** Who streams from a slot, and whether it is confirmed up to `lsn`. */
export async function slotState(client: Client, slot: string, lsn: string): Promise<SlotState> {
  const { rows } = await client.query<SlotState>(
    `SELECT active_pid AS "walsenderPid", confirmed_flush_lsn >= $2::pg_lsn AS "isConfirmed"
     FROM pg_replication_slots WHERE slot_name = $1`,
    [slot, lsn],
  );
  if (rows[0] === undefined) throw new Error(`slot ${slot} is gone`);
  return rows[0];
}
