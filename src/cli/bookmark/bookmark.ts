import { type ConfigFlags, loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { bookmarkNotices, checkWalMax } from '../../database/bookmarks/bookmark-limits.ts';
import { type Bookmark, readBookmarks } from '../../database/bookmarks/bookmark-list.ts';
import { checkBookmarkTable } from '../../database/bookmarks/bookmark-plan.ts';
import { createBookmark, dropBookmark } from '../../database/bookmarks/bookmark-table.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import { bytesText, countText, secondsText } from '../amounts.ts';
import { columnLines } from '../columns.ts';
import { type Connection, connectOnce } from '../connection.ts';
import type { Context } from '../context.ts';
import { bookmarkState } from './bookmark-state.ts';

export type BookmarkFlags = ConfigFlags & { readonly json?: boolean };

export type CreateFlags = BookmarkFlags & {
  /** Milliseconds from now. */
  readonly expires: number;
  /** Bytes. */
  readonly walMax: number;
};

const NAMES = ['name', 'position', 'age', 'expires in', 'WAL', 'WAL left', 'xmin age', 'idle left', 'state'];

/** Saves where the slot stands. Rejects with a Wal2AlgoliaError and leaves nothing behind. */
export async function createBookmarkCommand(
  { output, ...context }: Context,
  flags: CreateFlags & { readonly name: string },
): Promise<ExitCode> {
  return await withDatabase(context, flags, async (client, { slot, plugin }) => {
    const wanted = { name: flags.name, expiresMs: flags.expires, walMaxBytes: flags.walMax };
    await checkWalMax(client, slot, flags.walMax);
    const created = await createBookmark(client, { slot, plugin }, wanted);
    const notices = await bookmarkNotices(client, wanted);
    output.json({ ...created, notices });
    output.line(`bookmark ${created.name} at ${created.position}`);
    output.line(
      `ends ${created.expiresAt.slice(0, 19)}Z, or once more than ${bytesText(flags.walMax)} of WAL are kept for it`,
    );
    for (const notice of notices) output.line(`note: ${notice}`);
    return EXIT.done;
  });
}

/** Those of the slot, the oldest first. */
export async function listBookmarks(
  { output, ...context }: Context,
  flags: BookmarkFlags,
): Promise<ExitCode> {
  return await withDatabase(context, flags, async (client, { slot }) => {
    await checkBookmarkTable(client);
    const bookmarks = (await readBookmarks(client, slot)).map((each) => ({
      ...each,
      ...bookmarkState(each),
    }));
    output.json({ bookmarks });
    if (bookmarks.length === 0) output.line('no bookmarks');
    else for (const line of columnLines(NAMES, bookmarks.map(cells))) output.line(line);
    for (const { name, state, remedy } of bookmarks)
      if (remedy !== undefined) output.line(`note: ${name} is ${state}: ${remedy}`);
    return EXIT.done;
  });
}

export async function dropBookmarkCommand(
  { output, ...context }: Context,
  flags: BookmarkFlags & { readonly name: string },
): Promise<ExitCode> {
  return await withDatabase(context, flags, async (client, { slot }) => {
    await dropBookmark(client, slot, flags.name);
    output.json({ dropped: flags.name });
    output.line(`dropped: ${flags.name}`);
    return EXIT.done;
  });
}

async function withDatabase(
  context: Omit<Context, 'output'>,
  flags: BookmarkFlags,
  work: (client: Connection, replication: Config['replication']) => Promise<ExitCode>,
): Promise<ExitCode> {
  const config = await loadConfig({ ...context, flags });
  const settings = { lock_timeout: '10s', default_transaction_read_only: 'off' };
  const client = await connectOnce(config.postgres.url.reveal(), 'wal2algolia bookmark', settings);
  try {
    return await work(client, config.replication);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function cells(bookmark: Bookmark & { readonly state: string }): string[] {
  const { name, position, ageSeconds, secondsLeft, retainedBytes, walMaxBytes } = bookmark;
  const seconds = (value: number | null): string =>
    value === null ? '-' : value < 0 ? `-${secondsText(-value)}` : secondsText(value);
  const bytes = (value: number | null): string => (value === null ? '-' : bytesText(value));
  return [
    name,
    position ?? '-',
    seconds(ageSeconds),
    seconds(secondsLeft),
    walMaxBytes === null ? bytes(retainedBytes) : `${bytes(retainedBytes)} of ${bytes(walMaxBytes)}`,
    bookmark.safeWalBytes === null ? '-' : bytes(Math.max(0, bookmark.safeWalBytes)),
    bookmark.catalogXminAge === null ? '-' : countText(bookmark.catalogXminAge),
    seconds(bookmark.idleSecondsLeft),
    bookmark.state,
  ];
}
