import type { Client } from 'pg';
import { lacksTable, sqlState } from '../failures.ts';
import { timeProperty } from '../time-text.ts';
import { lockName } from './backfill-name.ts';
import { BACKFILL_TABLE } from './backfill-plan.ts';

/** Of a table that an earlier version made. */
const UNDEFINED_COLUMN = '42703';

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
              rows_unnamable::float8 AS unnamable, ${timeProperty('started_at', 'startedAt')}, ${timeProperty('finished_at', 'finishedAt')}
       FROM ${BACKFILL_TABLE} WHERE slot_name = $1 AND scope = ''`,
      [slot],
    );
    return rows;
  } catch (error) {
    return noneIfAbsent(error);
  }
}

/** A backfill that is not finished. */
export type UnfinishedBackfill = {
  readonly table: string;
  /** Of the table, not of the rows of a condition or a time. */
  readonly isWhole: boolean;
  readonly rows: number;
  /** Somebody is at it now; otherwise it was ended. */
  readonly isUnderWay: boolean;
  readonly startedAt: string;
  /** When it got further for the last time. */
  readonly updatedAt: string;
};

type UnfinishedRow = UnfinishedBackfill & { readonly scope: string };

/** Of one slot, those that somebody has begun; none as for `readWholeBackfills`. Rejects with Postgres's error. */
export async function readUnfinishedBackfills(
  client: Client,
  slot: string,
): Promise<readonly UnfinishedBackfill[]> {
  try {
    const { rows } = await client.query<UnfinishedRow & { readonly isBegun: boolean }>(
      `SELECT table_name AS "table", scope, scope = '' AS "isWhole", rows_done::float8 AS rows, through_key IS NOT NULL AS "isBegun",
              ${timeProperty('started_at', 'startedAt')}, ${timeProperty('updated_at', 'updatedAt')}
       FROM ${BACKFILL_TABLE} WHERE slot_name = $1 AND finished_at IS NULL ORDER BY started_at`,
      [slot],
    );
    const names = rows.map(({ table, scope }) => lockName({ slot, table, scope }));
    // https://www.postgresql.org/docs/current/view-pg-locks.html
    const { rows: held } = await client.query<{ name: string }>(
      `SELECT name FROM unnest($1::text[]) name WHERE EXISTS (
         SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
         WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
           AND l.classid::int8 << 32 | l.objid::int8 = hashtextextended(name, 0))`,
      [names],
    );
    return rows.flatMap(({ isBegun, scope, table, isWhole, rows: done, startedAt, updatedAt }) => {
      const isUnderWay = held.some(({ name }) => name === lockName({ slot, table, scope }));
      const unfinished = { table, isWhole, rows: done, isUnderWay, startedAt, updatedAt };
      return isBegun || isUnderWay ? [unfinished] : [];
    });
  } catch (error) {
    return noneIfAbsent(error);
  }
}

function noneIfAbsent(error: unknown): readonly never[] {
  if (lacksTable(error) || sqlState(error) === UNDEFINED_COLUMN) return [];
  throw error;
}
