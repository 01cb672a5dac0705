import type { Client } from 'pg';
import { BACKFILL_TABLE } from './backfill-plan.ts';
import { lacksTable } from './failures.ts';
import { timeProperty } from './time-text.ts';

/** A backfill of a whole table. Times are the server's, as texts such as `2026-11-23T14:00:00.000000Z`. */
export type WholeBackfill = {
  readonly table: string;
  readonly index: string;
  readonly prefix: string;
  readonly keyColumns: readonly string[];
  readonly rows: number;
  /** Rows that have no record. */
  readonly unnamable: number;
  readonly startedAt: string;
  /** Null while it is not finished. */
  readonly finishedAt: string | null;
};

/** Of one slot; none where the table is not there, or not for this role to read. Rejects with Postgres's error. */
export async function readWholeBackfills(client: Client, slot: string): Promise<readonly WholeBackfill[]> {
  try {
    const { rows } = await client.query<WholeBackfill>(
      `SELECT table_name AS "table", index_name AS index, id_prefix AS prefix, key_columns AS "keyColumns", rows_done::float8 AS rows,
              rows_unnamable::float8 AS unnamable, ${timeProperty('started_at', 'startedAt')}, ${timeProperty('finished_at', 'finishedAt')}
       FROM ${BACKFILL_TABLE} WHERE slot_name = $1 AND scope = ''`,
      [slot],
    );
    return rows;
  } catch (error) {
    if (lacksTable(error)) return [];
    throw error;
  }
}
