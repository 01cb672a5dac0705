import type { Client } from 'pg';
import { postgresFailure } from '../failures.ts';
import { withOwnTable } from '../own-tables/own-table-connection.ts';
import { serverNowMs } from '../server-clock.ts';
import { type Bookmark, readBookmarks } from './bookmark-list.ts';
import { findBookmarkTable } from './bookmark-plan.ts';
import { deleteRow, dropSlot, locked } from './bookmark-table.ts';

/** A row that comes back after a crash has no slot any more, and is deleted again. */
const CONNECTION = { purpose: 'bookmarks', synchronousCommit: 'local' } as const;

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
  try {
    return await withOwnTable(options.url, CONNECTION, (client) => dropEnded(client, options));
  } catch (error) {
    throw postgresFailure(error, 'bookmarks');
  }
}

async function dropEnded(client: Client, options: EndOptions): Promise<readonly EndedBookmark[]> {
  const { slot, fence } = options;
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
