import type { Client } from 'pg';
import { sqlState } from '../failures.ts';
import { SLOT_PROGRESS_TABLE } from './slot-progress-plan.ts';

/** Where the rows of a table become which records. */
export type HeldTable = {
  readonly index: string;
  readonly prefix: string;
  readonly objectID: readonly string[];
};

/** By name, as `schema.table`. */
export type HeldTables = Readonly<Record<string, HeldTable>>;

/** Somebody holds the slot, and has not told it since. */
export type Untold = 'untold';

/**
 * What whoever holds the slot now writes where; undefined where nobody does, or this role may not see who does, nor what was told. Rejects with
 * Postgres's error.
 */
export async function readHeldTables(client: Client, slot: string): Promise<HeldTables | Untold | undefined> {
  try {
    const { rows } = await client.query<{ tables: HeldTables | null }>(
      `SELECT CASE WHEN p.tables_at > r.backend_start THEN p.tables END AS tables
       FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid LEFT JOIN ${SLOT_PROGRESS_TABLE} p USING (slot_name)
       WHERE s.slot_name = $1 AND r.backend_start IS NOT NULL`,
      [slot],
    );
    const [row] = rows;
    return row === undefined ? undefined : (row.tables ?? 'untold');
  } catch (error) {
    if (['42P01', '42703', '3F000', '42501'].includes(sqlState(error) ?? '')) return undefined;
    throw error;
  }
}
