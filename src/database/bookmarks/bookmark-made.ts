import type { Client } from 'pg';
import { lacksTable, postgresFailure } from '../failures.ts';
import { BOOKMARK_TABLE } from './bookmark-plan.ts';

/** When a bookmark was made, by the clock of the server in microseconds since 1970; undefined where nobody has noted it. Rejects with a Wal2AlgoliaError. */
export async function readBookmarkMade(
  client: Client,
  slot: string,
  name: string,
): Promise<bigint | undefined> {
  try {
    const { rows } = await client.query<{ micros: string }>(
      `SELECT trunc(extract(epoch FROM created_at) * 1000000)::int8::text AS micros FROM ${BOOKMARK_TABLE} WHERE slot_name = $1 AND name = $2`,
      [slot, name],
    );
    return rows[0] === undefined ? undefined : BigInt(rows[0].micros);
  } catch (error) {
    if (lacksTable(error)) return undefined;
    throw postgresFailure(error, 'reading the bookmark');
  }
}
