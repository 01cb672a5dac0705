import type { Client } from 'pg';
import { literal } from '../quoting.ts';
import { lookAtOwnTable, nameOf, type OwnTable } from './own-table-plan.ts';

/**
 * How far the rows of a table have been read again for the index of a slot: `through_key` holds texts of `key_columns`, in the order of
 * both, and everything up to it is confirmed. `object_id` has the same columns in the order in which they make an objectID. `scope` is empty where the whole table is meant.
 */
export const BACKFILLS: OwnTable = {
  name: 'backfill',
  columns: [
    ['slot_name', 'text NOT NULL'],
    ['table_name', 'text NOT NULL'],
    ['scope', `text NOT NULL DEFAULT ''`],
    ['index_name', 'text NOT NULL'],
    ['id_prefix', `text NOT NULL DEFAULT ''`],
    ['object_id', 'text[] NOT NULL'],
    ['key_columns', 'text[] NOT NULL'],
    ['key_types', 'text[] NOT NULL'],
    ['through_key', 'text[]'],
    ['rows_done', 'bigint NOT NULL DEFAULT 0'],
    ['rows_unnamable', 'bigint NOT NULL DEFAULT 0'],
    ['started_at', 'timestamptz NOT NULL DEFAULT now()'],
    ['updated_at', 'timestamptz NOT NULL DEFAULT now()'],
    ['finished_at', 'timestamptz'],
  ],
  indexes: { backfill_key: '(slot_name, table_name, md5(scope))' },
  rights: ['SELECT', 'INSERT', 'UPDATE'],
};

export const BACKFILL_TABLE = nameOf(BACKFILLS);

/** Behind a slot that is made: what was loaded for one of this name before may have changed while there was none. */
export async function forgetBackfills(client: Client, slot: string): Promise<readonly string[]> {
  const { isThere, isReadable } = await lookAtOwnTable(client, BACKFILLS);
  if (!isThere) return [];
  const isLoaded = 'slot_name = $1 AND (through_key IS NOT NULL OR finished_at IS NOT NULL)';
  const { rowCount } = isReadable
    ? await client.query(`SELECT FROM ${BACKFILL_TABLE} WHERE ${isLoaded} LIMIT 1`, [slot])
    : { rowCount: null };
  if (rowCount === 0) return [];
  return [
    `UPDATE ${BACKFILL_TABLE} SET through_key = NULL, rows_done = 0, finished_at = NULL WHERE slot_name = ${literal(slot)}`,
  ];
}
