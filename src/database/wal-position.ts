import type { Client } from 'pg';
import { type Lsn, parseLsn } from '../lsn.ts';
import { postgresFailure } from './failures.ts';
import { oneRow } from './one-row.ts';

/**
 * A position behind every commit that anybody has seen by now, also one that was visible before its WAL was flushed: behind a message that is
 * written and flushed for it, and meant for nobody. Rejects with a Wal2AlgoliaError.
 * https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-REPLICATION
 */
export async function positionBehind(client: Client): Promise<Lsn> {
  try {
    await client.query('SET synchronous_commit = local');
    await client.query(`SELECT pg_logical_emit_message(true, 'wal2algolia verify', '')`);
    const end = await client.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
    return parseLsn(oneRow(end).lsn);
  } catch (error) {
    throw postgresFailure(error, 'looking at the end of the WAL');
  }
}
