import type { Client } from 'pg';
import { BACKFILL_TABLE } from './backfill-plan.ts';
import { timeText } from './coverage-plan.ts';
import { sqlState } from './failures.ts';

/** A backfill of a whole table. Times are the server's, as texts such as `2026-11-23T14:00:00.000000Z`. */
export type WholeBackfill = {
  readonly table: string;
  readonly index: string;
  readonly prefix: string;
  /** Columns, in their order; null where that was not kept. */
  readonly objectID: readonly string[] | null;
  readonly rows: number;
  /** Rows that have no record. */
  readonly unnamable: number;
  readonly startedAt: string;
  /** Null while it is not finished. */
  readonly finishedAt: string | null;
};

/** Of one slot; none where the table is not there, of an earlier version, or not for this role to read. Rejects with Postgres's error. */
export async function readWholeBackfills(client: Client, slot: string): Promise<readonly WholeBackfill[]> {
  try {
    const { rows } = await client.query<WholeBackfill>(
      `SELECT table_name AS "table", index_name AS index, id_prefix AS prefix, object_id AS "objectID", rows_done::float8 AS rows,
              rows_unnamable::float8 AS unnamable, ${timeText('started_at')} AS "startedAt", ${timeText('finished_at')} AS "finishedAt"
       FROM ${BACKFILL_TABLE} WHERE slot_name = $1 AND scope = ''`,
      [slot],
    );
    return rows;
  } catch (error) {
    if (['42P01', '42703', '3F000', '42501'].includes(sqlState(error) ?? '')) return [];
    throw error;
  }
}
