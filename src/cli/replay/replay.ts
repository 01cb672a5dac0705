import { type ConfigFlags, loadConfig } from '../../config/load.ts';
import { readBookmarkMade } from '../../database/bookmarks/bookmark-made.ts';
import { publicationNotices } from '../../database/publication/publication-since.ts';
import { markWalEnd } from '../../database/wal-end.ts';
import { type ExitCode, UsageError } from '../../errors.ts';
import type { Context } from '../context.ts';
import { LastingConnection } from './lasting-connection.ts';
import { readBookmarkSlot } from './replay-bookmark.ts';
import { replayInto } from './replay-into.ts';
import { replayRefreshed } from './replay-refreshed.ts';
import { configInto, replayedTables } from './replay-tables.ts';
import { type AskedUntil, checkBetween, replayEnd } from './replay-until.ts';

export type ReplayFlags = ConfigFlags & {
  readonly from: string;
  readonly until?: AskedUntil;
  readonly into?: string;
  readonly table?: readonly string[];
  readonly append?: boolean;
  readonly json?: boolean;
};

/** Brings what came after a bookmark into the index once more, or into another one. */
export async function replay(context: Context, flags: ReplayFlags): Promise<ExitCode> {
  const config = await loadConfig({ ...context, flags });
  const tables = replayedTables(config, flags.table);
  if (flags.append && flags.into === undefined)
    throw new UsageError('--append goes with --into', {
      remedy: 'Name the index with --into, or leave it out.',
    });
  // What cannot be is said before anything is asked.
  if (flags.into !== undefined) configInto(config, tables, flags.into);
  const url = config.postgres.url.reveal();
  const connection = await LastingConnection.open(url, 'wal2algolia replay', context.signal);
  try {
    const client = await connection.client();
    const slot = await readBookmarkSlot(client, config.replication, flags.from);
    const madeAtMicros = await readBookmarkMade(client, config.replication.slot, flags.from);
    const bookmark = { name: flags.from, slot: slot.name, lsn: slot.confirmedLsn, madeAtMicros };
    const end = replayEnd(flags.until ?? {}, bookmark.lsn, await markWalEnd(client));
    let transactions = 0;
    const onTransaction = (): void => {
      transactions += 1;
    };
    const until = { ...end, onTransaction };
    const checkFound = (): void => checkBetween(bookmark, end, transactions);
    const { publication, plugin } = config.replication;
    // wal2json knows no publication.
    const notices = plugin === 'pgoutput' ? await publicationNotices(client, slot.name, publication) : [];
    const what = { context, connection, notices, config, tables, bookmark, until, checkFound };
    if (flags.into === undefined) return await replayRefreshed(what);
    return await replayInto(what, flags.into, flags.append ?? false);
  } finally {
    await connection.close();
  }
}
