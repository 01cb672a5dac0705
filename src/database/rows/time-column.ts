import type { Client } from 'pg';
import { postgresFailure } from '../failures.ts';

const TIMES = ['timestamp with time zone', 'timestamp without time zone', 'date'];

/** Whether the table has the column, and it can be compared with an instant. Rejects with a Wal2AlgoliaError. */
export async function isTimeColumn(client: Client, table: string, column: string): Promise<boolean> {
  try {
    const { rows } = await client.query<{ type: string }>(
      `SELECT coalesce(nullif(t.typbasetype, 0), t.oid)::regtype::text AS type
       FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname || '.' || c.relname = $1 AND a.attname = $2 AND a.attnum > 0 AND NOT a.attisdropped`,
      [table, column],
    );
    return TIMES.includes(rows[0]?.type ?? '');
  } catch (error) {
    throw postgresFailure(error, `looking at ${table}`);
  }
}
