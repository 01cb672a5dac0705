import type { Client } from 'pg';
import { type Bookmark, readBookmarks } from './bookmark-list.ts';
import { findBookmarkTable } from './bookmark-plan.ts';
import { deleteRow, dropSlot, locked } from './bookmark-table.ts';
import { closed, connect } from './connection.ts';
import { postgresFailure } from './failures.ts';
import { WALSENDER_NAME } from './server.ts';

const SETTINGS = {
  // A row that comes back after a crash has no slot any more, and is deleted again.
  synchronous_commit: 'local',
  default_transaction_read_only: 'off',
  lock_timeout: '5s',
  statement_timeout: '20s',
};
const QUERY_TIMEOUT_MS = 25_000;

/** `unfinished`: the creation was killed between the copy of the slot and its row. */
export type BookmarkEnd = 'expired' | 'wal-max' | 'unfinished';

export type EndedBookmark = {
  readonly bookmark: string;
  readonly reason: BookmarkEnd;
  readonly position: string | null;
  readonly retainedBytes: number | null;
};

export type EndOptions = {
  readonly url: string;
  /** The one that the bookmarks are of. */
  readonly slot: string;
  /** Asked once when one has expired by the server's clock, with that: milliseconds since 1970. */
  readonly mayExpire: (serverNowMs: number) => boolean;
  /** Rejects when the slot is not ours. */
  readonly fence: () => Promise<void>;
};

/**
 * Drops the bookmarks of the slot that are over and that nobody reads from, on a connection of its own; resolves with them. Does nothing
 * where there is no table for them. Rejects with a Wal2AlgoliaError.
 */
export async function endBookmarks(options: EndOptions): Promise<readonly EndedBookmark[]> {
  const { url, slot, fence } = options;
  let connecting: Promise<Client> | undefined;
  try {
    connecting = connect(url, {
      applicationName: `${WALSENDER_NAME} bookmarks`,
      settings: SETTINGS,
      queryTimeoutMs: QUERY_TIMEOUT_MS,
    });
    const client = await connecting;
    if (!(await findBookmarkTable(client))) return [];
    if ((await findEnded(client, options)).length === 0) return [];
    return await locked(client, slot, async () => {
      // Again, behind the lock: no creation is between its copy and its row now, and a name may have another slot.
      const ended = await findEnded(client, options);
      await fence();
      for (const { bookmark, copy } of ended) {
        await dropSlot(client, copy);
        await deleteRow(client, slot, bookmark);
      }
      return ended.map(({ copy: _, ...facts }) => facts);
    });
  } catch (error) {
    throw postgresFailure(error, 'bookmarks');
  } finally {
    await connecting?.then(closed, () => undefined);
  }
}

async function findEnded(
  client: Client,
  { slot, mayExpire }: EndOptions,
): Promise<readonly (EndedBookmark & { readonly copy: string })[]> {
  const over = (await readBookmarks(client, slot)).flatMap((bookmark) => {
    const reason = bookmark.activePid === null ? endOf(bookmark) : undefined;
    const { name, slot: copy, position, retainedBytes } = bookmark;
    return reason === undefined ? [] : [{ bookmark: name, copy, reason, position, retainedBytes }];
  });
  if (over.every(({ reason }) => reason !== 'expired') || mayExpire(await serverNowMs(client))) return over;
  return over.filter(({ reason }) => reason !== 'expired');
}

function endOf({ isRecorded, secondsLeft, retainedBytes, walMaxBytes }: Bookmark): BookmarkEnd | undefined {
  if (!isRecorded) return 'unfinished';
  // First what no clock decides.
  if (retainedBytes !== null && walMaxBytes !== null && retainedBytes > walMaxBytes) return 'wal-max';
  return secondsLeft !== null && secondsLeft <= 0 ? 'expired' : undefined;
}

async function serverNowMs(client: Client): Promise<number> {
  const { rows } = await client.query<{ ms: number }>(
    'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms',
  );
  const [now] = rows;
  if (now === undefined) throw new Error('Postgres answered a one-row question without a row');
  return now.ms;
}
