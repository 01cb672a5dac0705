import type { Client } from 'pg';
import { UsageError } from '../../errors.ts';
import { postgresFailure } from '../failures.ts';

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

/** Throws a UsageError where a bookmark that is made now would be over its limit at once: it keeps what the slot keeps. */
export async function checkWalMax(client: Client, slot: string, walMaxBytes: number): Promise<void> {
  const retainedBytes = await readRetained(client, slot);
  if (retainedBytes === null || retainedBytes <= walMaxBytes) return;
  throw new UsageError(
    `slot "${slot}" keeps ${megabytes(retainedBytes)} MB of WAL by now, more than --wal-max, ${megabytes(walMaxBytes)} MB: the bookmark would be dropped within a minute`,
    {
      remedy:
        'Give a larger --wal-max, or wait until the pipeline has caught up; a transaction that stays open keeps WAL as well.',
    },
  );
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

async function readRetained(client: Client, slot: string): Promise<number | null> {
  try {
    const { rows } = await client.query<{ bytes: number | null }>(
      `SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - restart_lsn)::float8 AS bytes
       FROM pg_replication_slots WHERE slot_name = $1`,
      [slot],
    );
    return rows[0]?.bytes ?? null;
  } catch (error) {
    throw postgresFailure(error, 'bookmark');
  }
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
