import type { Bookmark } from '../../database/bookmarks/bookmark-list.ts';

/** How a bookmark is, in words, and what to do about it; no remedy where nothing is wrong. */
export type BookmarkState = { readonly state: string; readonly remedy?: string };

/** The worst of it. What is expired or over its limit is dropped by the pipeline, if one runs. */
export function bookmarkState(bookmark: Bookmark): BookmarkState {
  const { name, hasSlot, isRecorded, walStatus, invalidationReason, activePid } = bookmark;
  const drop = `\`wal2algolia bookmark drop ${name}\``;
  if (!hasSlot)
    return {
      state: 'gone',
      remedy: `its slot is not on this server: somebody dropped it, or a failover left it behind; ${drop} forgets it`,
    };
  if (walStatus === 'lost') {
    const because = invalidationReason === null ? '' : ` (${invalidationReason})`;
    return {
      state: 'lost',
      remedy: `the server does not keep its WAL any more${because}, so it leads nowhere; ${drop} forgets it`,
    };
  }
  if (!isRecorded)
    return {
      state: 'unfinished',
      remedy: `its creation was ended in between; the running pipeline drops it, or ${drop}`,
    };
  const end = endOf(bookmark);
  if (end !== undefined) return { state: end, remedy: `the running pipeline drops it, or ${drop}` };
  if (walStatus === 'unreserved')
    return {
      state: 'nearly lost',
      remedy:
        'it keeps more WAL than max_slot_wal_keep_size, and the next checkpoint may take it away: replay it now, or raise that and reload',
    };
  return { state: activePid === null ? 'kept' : 'being read' };
}

function endOf({ secondsLeft, retainedBytes, walMaxBytes }: Bookmark): string | undefined {
  if (secondsLeft !== null && secondsLeft <= 0) return 'expired';
  if (retainedBytes !== null && walMaxBytes !== null && retainedBytes > walMaxBytes) return 'over its limit';
  return undefined;
}
