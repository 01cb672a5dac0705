import type { Client } from 'pg';
import { type Lsn, parseLsn } from '../lsn.ts';
import { postgresFailure } from './failures.ts';
import { oneRow } from './one-row.ts';
import { escaped } from './storable-text.ts';

/**
 * Writes messages, which are JSON, into the WAL for whoever holds the slot, each in a transaction of its own, so that the slot passes what is done; nobody's standby
 * is waited for. The bytes of a message come out of the WAL in the encoding of the database, so these are the same in all of them. Resolves with a position that is behind them all. Rejects with a Wal2AlgoliaError.
 * https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-REPLICATION
 */
export async function askInWal(client: Client, messages: readonly string[]): Promise<Lsn> {
  try {
    await client.query('SET synchronous_commit = local');
    for (const message of messages)
      await client.query(`SELECT pg_logical_emit_message(true, 'wal2algolia', $1)`, [escaped(message)]);
    const end = await client.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
    return parseLsn(oneRow(end).lsn);
  } catch (error) {
    throw postgresFailure(error, 'asking for rows to be read again');
  }
}
