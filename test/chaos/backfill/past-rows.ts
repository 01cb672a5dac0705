import type { TestDatabase } from '../../support/postgres.ts';
import { createAuditLog } from '../audit-table.ts';

/** Of a statement that makes rows. */
const ROWS_EACH = 50_000;

/** The audit log with rows from before the slot, ids 1 to `rows`; each hundredth has a value that Postgres keeps outside of the row. */
export async function createPast(
  database: Pick<TestDatabase, 'client' | 'slot' | 'publication'>,
  rows: number,
): Promise<void> {
  const { client, slot } = database;
  await createAuditLog(database);
  await client.query('SELECT pg_drop_replication_slot($1)', [slot]);
  for (let first = 1; first <= rows; first += ROWS_EACH) {
    await client.query(
      `INSERT INTO audit_log (actor_type, actor_id, action, target_type, target_id, outcome, metadata)
       SELECT 'user', 'user-' || n % 50, 'report.renamed', 'report', 'report-' || n % 7000, NULL,
         jsonb_build_object('n', n, 'text', CASE WHEN n % 100 = 37
           THEN (SELECT string_agg(md5(n || ' ' || k), '') FROM generate_series(1, 120) k) ELSE md5(n::text) END)
       FROM generate_series($1::bigint, $2::bigint) n`,
      [first, Math.min(rows, first + ROWS_EACH - 1)],
    );
  }
  await client.query('ANALYZE audit_log');
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
}
