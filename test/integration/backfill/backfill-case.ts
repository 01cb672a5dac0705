import {
  type BackfillOptions,
  type BackfillResult,
  backfillTable,
} from '../../../src/backfill/backfill-table.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { planOwnTables } from '../../../src/database/own-tables/own-tables-plan.ts';
import { formatLsn, type Lsn } from '../../../src/lsn.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

/** Our own tables as setup makes them. */
export async function createOwnTables({ client }: Pick<TestDatabase, 'client'>): Promise<void> {
  const { rows } = await client.query<{ role: string }>('SELECT current_user::text AS role');
  for (const sql of await planOwnTables(client, rows[0]?.role ?? '')) await client.query(sql);
}

/** Publication and slot for tables that have rows by now. */
export async function follow(database: TestDatabase, tables: string, options = ''): Promise<void> {
  const { client, publication, slot } = database;
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE ${tables} ${options}`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  await createOwnTables(database);
}

/** Of records that are their rows with all columns. `id` is an SQL expression for the objectID. */
export const wholeRows = (table: string, id = 'id::text'): string =>
  `SELECT ${id} AS object_id, to_jsonb(t) || jsonb_build_object('objectID', ${id}, 'source_table', 'public.${table}') AS record FROM ${table} t`;

/** By somebody who sees only the slot. */
export function slotPassed({ client, slot }: TestDatabase): (target: Lsn) => Promise<void> {
  return async (target) => {
    await waitFor(
      async () => {
        const { rows } = await client.query<{ done: boolean }>(
          'SELECT confirmed_flush_lsn >= $2::pg_lsn AS done FROM pg_replication_slots WHERE slot_name = $1',
          [slot, formatLsn(target)],
        );
        return rows[0]?.done;
      },
      { description: `the slot to pass ${formatLsn(target)}` },
    );
  };
}

export function backfill(
  database: TestDatabase,
  input: ConfigInput,
  more: Partial<BackfillOptions> & { readonly table: string },
): Promise<BackfillResult> {
  return backfillTable({ config: parseConfig(input), passed: slotPassed(database), ...more });
}

export async function states({
  client,
}: Pick<TestDatabase, 'client'>): Promise<readonly Record<string, unknown>[]> {
  const { rows } = await client.query(
    `SELECT table_name, scope, through_key, rows_done::int, rows_unnamable::int, finished_at IS NOT NULL AS finished, started_at
     FROM wal2algolia.backfill ORDER BY table_name, scope`,
  );
  return rows;
}
