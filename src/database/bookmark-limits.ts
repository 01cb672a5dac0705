import type { Client } from 'pg';
import { postgresFailure } from './failures.ts';

type Limits = { readonly idleSeconds: number | null; readonly keepMegabytes: number };

/**
 * What of the server's settings would end a bookmark before its own limits do.
 * https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-IDLE-REPLICATION-SLOT-TIMEOUT
 */
export async function bookmarkNotices(
  client: Client,
  { expiresMs, walMaxBytes }: { readonly expiresMs: number; readonly walMaxBytes: number },
): Promise<readonly string[]> {
  const { idleSeconds, keepMegabytes } = await readLimits(client);
  const notices: string[] = [];
  if (idleSeconds !== null && idleSeconds > 0 && idleSeconds * 1000 < expiresMs)
    notices.push(
      `idle_replication_slot_timeout is ${idleSeconds} s: the server gives the bookmark up when nobody has read it for so long, before it expires. Set it to 0, or expect that`,
    );
  if (keepMegabytes >= 0 && keepMegabytes * 2 ** 20 < walMaxBytes)
    notices.push(
      `max_slot_wal_keep_size is ${keepMegabytes} MB: the server gives the bookmark up when it keeps more WAL, before --wal-max does`,
    );
  return notices;
}

async function readLimits(client: Client): Promise<Limits> {
  try {
    const { rows } = await client.query<Limits>(
      `SELECT (SELECT setting::int FROM pg_settings WHERE name = 'idle_replication_slot_timeout') AS "idleSeconds",
              (SELECT setting::int FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS "keepMegabytes"`,
    );
    return rows[0] ?? { idleSeconds: null, keepMegabytes: -1 };
  } catch (error) {
    throw postgresFailure(error, 'bookmark');
  }
}
