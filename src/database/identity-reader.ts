import type { Client } from 'pg';
import { postgresFailure } from './failures.ts';

/** An original id, by its kind, and the position of the key under which rows have it. */
export type FoundIdentity = { readonly kind: string; readonly original: string; readonly key: number };

const ROWS = 1_000;

/** Reads an `identitiesSql` in one snapshot, a thousand at a time. Rejects with a Wal2AlgoliaError. */
export async function* readIdentities(
  client: Client,
  sql: string,
): AsyncGenerator<readonly FoundIdentity[], void> {
  try {
    await client.query('BEGIN TRANSACTION READ ONLY');
    await client.query(`DECLARE identities NO SCROLL CURSOR FOR ${sql}`);
    for (;;) {
      const { rows } = await client.query<FoundIdentity>(`FETCH ${ROWS} FROM identities`);
      if (rows.length > 0) yield rows;
      if (rows.length < ROWS) break;
    }
    await client.query('COMMIT');
  } catch (error) {
    throw postgresFailure(error, 'reading identities');
  }
}
