import type { Client } from 'pg';
import { postgresFailure } from './failures.ts';

/** Which server and database a connection leads to; the first is null where the role may not know it. */
export type Origin = { readonly systemIdentifier: string | null; readonly database: string };

/** Rejects with a Wal2AlgoliaError. https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-CONTROLDATA */
export async function readOrigin(client: Client): Promise<Origin> {
  try {
    const { rows } = await client.query<{ database: string; may: boolean }>(
      `SELECT current_database() AS database, has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS may`,
    );
    const { database = '', may = false } = rows[0] ?? {};
    if (!may) return { systemIdentifier: null, database };
    const found = await client.query<{ id: string }>(
      'SELECT system_identifier::text AS id FROM pg_control_system()',
    );
    return { systemIdentifier: found.rows[0]?.id ?? null, database };
  } catch (error) {
    throw postgresFailure(error, 'asking which server this is');
  }
}
