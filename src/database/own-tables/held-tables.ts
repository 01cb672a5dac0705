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

/**
 * What whoever holds the slot now writes where; undefined where nobody does, or has not noted it since: in the first seconds of a session.
 * Rejects with Postgres's error.
 */
export async function readHeldTables(client: Client, slot: string): Promise<HeldTables | undefined> {
  try {
    const { rows } = await client.query<{ tables: HeldTables }>(
      `SELECT p.tables FROM ${SLOT_PROGRESS_TABLE} p JOIN pg_replication_slots s USING (slot_name)
       JOIN pg_stat_replication r ON r.pid = s.active_pid
       WHERE p.slot_name = $1 AND p.tables IS NOT NULL AND p.noted_at > r.backend_start`,
      [slot],
    );
    return rows[0]?.tables;
  } catch (error) {
    if (['42P01', '42703', '3F000', '42501'].includes(sqlState(error) ?? '')) return undefined;
    throw error;
  }
}
