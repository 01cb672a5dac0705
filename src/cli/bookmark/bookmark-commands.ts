import { type Command, InvalidArgumentError, Option } from 'commander';
import { BOOKMARK_NAME_MAX, isBookmarkName } from '../../database/bookmarks/bookmark-slot.ts';
import { CONFIG, JSON_FLAG, SLOT } from '../command-flags.ts';
import type { Bind } from '../context.ts';
import { byteCount, durationMs } from '../option-values.ts';
import type { BookmarkFlags, CreateFlags } from './bookmark.ts';

const EXPIRES = '7d';
const EXPIRES_MAX = '366d';
const WAL_MAX = '5GB';

/** Positions of the slot to come back to. Each command loads its own code when it runs. */
export function addBookmarkCommands(program: Command, bind: Bind): void {
  const bookmark = program
    .command('bookmark')
    .description('save where the slot stands under a name, to come back to');
  bookmark
    .command('create')
    .description(
      'save the position, without stopping whoever reads from the slot; the server keeps the WAL from there on',
    )
    .argument('<name>', `letters a to z, digits and underscores, at most ${BOOKMARK_NAME_MAX}`, bookmarkName)
    .addOption(
      new Option(
        '--expires <duration>',
        `when the running pipeline drops it: 7d, 12h or 30m, at most ${EXPIRES_MAX}`,
      )
        .argParser(expiry)
        .default(expiry(EXPIRES), EXPIRES),
    )
    .addOption(
      new Option('--wal-max <bytes>', 'drop it earlier, once so much WAL is kept for it: 5GB, 500MB')
        .argParser(byteCount)
        .default(byteCount(WAL_MAX), WAL_MAX),
    )
    .option(...CONFIG)
    .option(...SLOT)
    .option(...JSON_FLAG)
    .action((name: string, flags: CreateFlags) =>
      bind(
        async (context, all: CreateFlags & { name: string }) =>
          (await import('./bookmark.ts')).createBookmarkCommand(context, all),
        'finishes',
      )({ ...flags, name }),
    );
  bookmark
    .command('list')
    .description('what is saved, what it costs the server, and what is left of it')
    .option(...CONFIG)
    .option(...SLOT)
    .option(...JSON_FLAG)
    .action(
      bind(async (context, flags) => (await import('./bookmark.ts')).listBookmarks(context, flags), 'is-cut'),
    );
  bookmark
    .command('drop')
    .description('forget a position: the server need not keep the WAL for it any more')
    .argument('<name>', 'as list prints it', bookmarkName)
    .option(...CONFIG)
    .option(...SLOT)
    .option(...JSON_FLAG)
    .action((name: string, flags: BookmarkFlags) =>
      bind(
        async (context, all: BookmarkFlags & { name: string }) =>
          (await import('./bookmark.ts')).dropBookmarkCommand(context, all),
        'finishes',
      )({ ...flags, name }),
    );
}

/** The name of a bookmark, as a part of a slot's name. */
export function bookmarkName(text: string): string {
  if (isBookmarkName(text)) return text;
  throw new InvalidArgumentError(
    `Expected letters a to z, digits and underscores, at most ${BOOKMARK_NAME_MAX}.`,
  );
}

/** A slot that nobody reads keeps WAL until the disk is full: every bookmark ends. */
function expiry(text: string): number {
  const ms = durationMs(text);
  if (ms !== undefined && ms > 0 && ms <= (durationMs(EXPIRES_MAX) ?? 0)) return ms;
  throw new InvalidArgumentError(
    `Expected days, hours or minutes such as 7d, 12h or 30m, at most ${EXPIRES_MAX}: every bookmark ends, since the server keeps WAL for it.`,
  );
}
