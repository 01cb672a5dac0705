import type { Config } from '../../config/schema.ts';
import { bookmarkSlot, isBookmarkName } from '../../database/bookmarks/bookmark-slot.ts';
import { postgresFailure } from '../../database/failures.ts';
import { readSlot, type Slot } from '../../database/slot.ts';
import { GapError, UsageError } from '../../errors.ts';
import type { Connection } from '../connection.ts';

/** The slot that keeps what came after a bookmark. Rejects with a Wal2AlgoliaError where there is none, or none that can be read any more. */
export async function readBookmarkSlot(
  client: Connection,
  { slot }: Config['replication'],
  name: string,
): Promise<Slot> {
  const found = isBookmarkName(name) ? await read(client, bookmarkSlot(slot, name)) : undefined;
  if (found === undefined) {
    throw new UsageError(`slot "${slot}" has no bookmark "${name}", or its slot is gone`, {
      remedy: '`wal2algolia bookmark list` says which there are; one that has ended cannot be brought back.',
    });
  }
  if (found.walStatus !== 'lost') return found;
  const reason = found.invalidationReason === undefined ? '' : ` (${found.invalidationReason})`;
  throw new GapError(
    `bookmark "${name}" is lost${reason}: the server no longer keeps the WAL that came after it`,
    {
      remedy: `What came after it cannot be replayed. \`wal2algolia bookmark drop ${name}\` forgets it; \`wal2algolia verify --repair\` finds what differs, or replay from a later bookmark.`,
    },
  );
}

/** What went wrong with it concerns the bookmark, and what is to be done is not what mends the slot of the pipeline. */
export function bookmarkFailure(error: unknown, name: string): unknown {
  if (!(error instanceof GapError)) return error;
  return new GapError(`replaying from bookmark "${name}": ${error.message}`, {
    cause: error,
    remedy:
      'The slot of the pipeline has nothing to do with it. Where `wal2algolia bookmark list` says that the bookmark is kept, run the replay again; a publication that is younger than the bookmark cannot be read by it. Where it is lost or gone, compare table and index instead (`wal2algolia verify`).',
  });
}

async function read(client: Connection, name: string): Promise<Slot | undefined> {
  try {
    return await readSlot(client, name);
  } catch (error) {
    throw postgresFailure(error, 'reading the slot of the bookmark');
  }
}
