import type { Client } from 'pg';
import { PreconditionError, SlotInUseError, UsageError } from '../../errors.ts';
import { postgresFailure, sqlState } from '../failures.ts';
import { checkPrimary, checkServer, readServer, WALSENDER_NAME } from '../server.ts';
import { checkSlot, readSlot } from '../slot.ts';
import { timeProperty } from '../time-text.ts';
import { BOOKMARK_TABLE, checkBookmarkTable } from './bookmark-plan.ts';
import { bookmarkSlot } from './bookmark-slot.ts';

const CONFIGURATION_LIMIT_EXCEEDED = '53400';

export type WantedBookmark = {
  readonly name: string;
  readonly expiresMs: number;
  readonly walMaxBytes: number;
};

export type CreatedBookmark = {
  readonly name: string;
  readonly slot: string;
  readonly position: string;
  /** ISO 8601 in UTC. */
  readonly expiresAt: string;
};

/**
 * Copies the slot, whoever reads from it meanwhile, and keeps the copy's name. First the copy and then the row, behind one lock: a copy
 * without a row, once the lock is free, is one whose creator was killed. Rejects with a Wal2AlgoliaError and leaves nothing.
 */
export async function createBookmark(
  client: Client,
  main: { readonly slot: string; readonly plugin: string },
  wanted: WantedBookmark,
): Promise<CreatedBookmark> {
  const copy = bookmarkSlot(main.slot, wanted.name);
  return await locked(client, main.slot, async () => {
    const server = await readServer(client);
    checkServer(server, WALSENDER_NAME);
    await checkBookmarkTable(client);
    const { plugin } = main;
    checkSlot(await readSlot(client, main.slot), { name: main.slot, plugin, database: server.database });
    await checkFree(client, main.slot, wanted.name);
    await copySlot(client, main.slot, copy);
    try {
      const { rows } = await client.query<CreatedBookmark>(
        `INSERT INTO ${BOOKMARK_TABLE} (slot_name, name, bookmark_slot, position, created_at, expires_at, wal_max_bytes)
         SELECT $1, $2, slot_name, confirmed_flush_lsn, clock_timestamp(), clock_timestamp() + $4 * interval '1 ms', $5
         FROM pg_replication_slots WHERE slot_name = $3
         RETURNING name, bookmark_slot AS slot, position::text AS position,
                   ${timeProperty('expires_at', 'expiresAt')}`,
        [main.slot, wanted.name, copy, wanted.expiresMs, wanted.walMaxBytes],
      );
      const [created] = rows;
      if (created === undefined) throw new Error('the copy of the slot is gone again');
      return created;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      await dropSlot(client, copy).catch(() => undefined);
      throw error;
    }
  });
}

/** Drops a bookmark's slot and then its row, or whichever of them there is. Rejects with a Wal2AlgoliaError. */
export async function dropBookmark(client: Client, slot: string, name: string): Promise<void> {
  const copy = bookmarkSlot(slot, name);
  await locked(client, slot, async () => {
    checkPrimary(await readServer(client));
    await checkBookmarkTable(client);
    const hadSlot = await dropSlot(client, copy);
    const hadRow = await deleteRow(client, slot, name);
    if (hadSlot || hadRow) return;
    throw new UsageError(`slot "${slot}" has no bookmark "${name}"`, {
      remedy: '`wal2algolia bookmark list` says which there are; one that has expired is dropped by itself.',
    });
  });
}

/** One at a time for each slot that has bookmarks. */
export async function locked<T>(client: Client, slot: string, work: () => Promise<T>): Promise<T> {
  try {
    await client.query('BEGIN');
    await client.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [
      `wal2algolia bookmark ${slot}`,
    ]);
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw postgresFailure(error, 'bookmark');
  }
}

/** Whether it was there. */
export async function deleteRow(client: Client, slot: string, name: string): Promise<boolean> {
  const deleted = await client.query(`DELETE FROM ${BOOKMARK_TABLE} WHERE slot_name = $1 AND name = $2`, [
    slot,
    name,
  ]);
  return deleted.rowCount !== 0;
}

/** Whether it was there. Stays dropped whatever becomes of the transaction. */
export async function dropSlot(client: Client, slot: string): Promise<boolean> {
  const { rows } = await client.query<{ pid: number | null }>(
    `SELECT active_pid AS pid FROM pg_replication_slots WHERE slot_name = $1 AND database = current_database()`,
    [slot],
  );
  const [found] = rows;
  if (found === undefined) return false;
  if (found.pid !== null)
    throw new SlotInUseError(`slot "${slot}" is being read from by process ${found.pid}`, {
      remedy: 'Try again when that has ended, or end it.',
    });
  await client.query('SELECT pg_drop_replication_slot($1)', [slot]);
  return true;
}

async function checkFree(client: Client, slot: string, name: string): Promise<void> {
  const { rows } = await client.query<{ isRecorded: boolean; hasSlot: boolean }>(
    `SELECT EXISTS (SELECT FROM ${BOOKMARK_TABLE} WHERE slot_name = $1 AND name = $2) AS "isRecorded",
            EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $3) AS "hasSlot"`,
    [slot, name, bookmarkSlot(slot, name)],
  );
  const [found] = rows;
  if (!found?.isRecorded && !found?.hasSlot) return;
  throw new UsageError(
    found.isRecorded
      ? `slot "${slot}" has a bookmark "${name}" already`
      : `bookmark "${name}" of slot "${slot}" was begun and never finished`,
    { remedy: `Choose another name, or drop that one first: \`wal2algolia bookmark drop ${name}\`.` },
  );
}

/** Not in a transaction that has written: Postgres refuses that. The copy stays whatever becomes of the transaction. */
async function copySlot(client: Client, slot: string, copy: string): Promise<void> {
  try {
    await client.query('SELECT pg_copy_logical_replication_slot($1, $2, false)', [slot, copy]);
  } catch (cause) {
    if (sqlState(cause) !== CONFIGURATION_LIMIT_EXCEEDED) throw cause;
    throw new PreconditionError('the server has no room for another replication slot', {
      cause,
      remedy:
        'Drop one that nobody needs (`wal2algolia bookmark list`, or pg_replication_slots), or raise max_replication_slots and restart Postgres.',
    });
  }
}
