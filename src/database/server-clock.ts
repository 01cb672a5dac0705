import type { Client } from 'pg';
import { oneRow } from './one-row.ts';

/** The server's clock, in milliseconds since 1970. Rejects with `pg`'s error. */
export async function serverNowMs(client: Client): Promise<number> {
  const sql = 'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms';
  return oneRow(await client.query<{ ms: number }>(sql)).ms;
}
