import type { Client } from 'pg';
import { type Lsn, parseLsn } from '../lsn.ts';
import { postgresFailure } from './failures.ts';
import { oneRow } from './one-row.ts';

export type WalEnd = {
  /** End of what is flushed: all that is committed by now lies before it. */
  readonly lsn: Lsn;
  /** The server's clock, in microseconds since 1970. */
  readonly micros: bigint;
};

/**
 * Where the WAL ends now. Writes a commit behind it, which nobody heeds, so that whoever reads up to there comes to an end.
 * Rejects with a Wal2AlgoliaError.
 */
export async function markWalEnd(client: Client): Promise<WalEnd> {
  try {
    const end = await client.query<{ lsn: string; micros: string }>(
      `SELECT pg_current_wal_flush_lsn()::text AS lsn, trunc(extract(epoch FROM clock_timestamp()) * 1000000)::int8::text AS micros`,
    );
    await client.query('SET synchronous_commit = local');
    await client.query(`SELECT pg_logical_emit_message(true, 'wal2algolia replay', '')`);
    const { lsn, micros } = oneRow(end);
    return { lsn: parseLsn(lsn), micros: BigInt(micros) };
  } catch (error) {
    throw postgresFailure(error, 'reading where the WAL ends');
  }
}
