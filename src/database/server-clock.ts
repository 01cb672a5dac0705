import type { Client } from 'pg';

/** The server's clock, in milliseconds since 1970. Rejects with `pg`'s error. */
export async function serverNowMs(client: Client): Promise<number> {
  const { rows } = await client.query<{ ms: number }>(
    'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms',
  );
  const [now] = rows;
  if (now === undefined) throw new Error('Postgres answered a one-row question without a row');
  return now.ms;
}
