import { type EndedBookmark, endBookmarks } from '../database/bookmarks/bookmark-end.ts';
import { SessionLostError } from '../errors.ts';
import { clockDifferenceMs, steadyNowMs } from './floor-clock.ts';
import type { Patience } from './patience.ts';

const INTERVAL_MS = 60_000;

export type BookmarkEvents = {
  readonly onBookmarkEnded: (ended: EndedBookmark) => void;
  /** The server's clock is so many milliseconds off ours, so none expires. */
  readonly onBookmarksHeld: (differenceMs: number) => void;
  /** It cannot go on for now, and tries again. */
  readonly onSweepTrouble: (error: unknown) => void;
};

export type BookmarkOptions = BookmarkEvents & {
  readonly url: string;
  readonly slot: string;
  readonly patience: Patience;
};

/** Drops bookmarks that have expired, that keep too much WAL, or whose creation was killed: once a minute, by the holder of the slot. */
export class Bookmarks {
  readonly #options: BookmarkOptions;

  constructor(options: BookmarkOptions) {
    this.#options = options;
  }

  /** Until the session is over; never rejects. */
  async run(fence: () => Promise<void>): Promise<void> {
    const { url, slot, patience, onBookmarkEnded, onSweepTrouble } = this.#options;
    const mayExpire = (serverNowMs: number): boolean => this.#mayExpire(serverNowMs);
    while (!patience.isOver) {
      try {
        for (const ended of await endBookmarks({ url, slot, mayExpire, fence })) onBookmarkEnded(ended);
      } catch (error) {
        if (patience.isOver) return;
        if (!(error instanceof SessionLostError)) onSweepTrouble(error);
      }
      await patience.pause(INTERVAL_MS);
    }
  }

  #mayExpire(serverNowMs: number): boolean {
    const differenceMs = clockDifferenceMs(serverNowMs, steadyNowMs());
    if (differenceMs !== undefined) this.#options.onBookmarksHeld(differenceMs);
    return differenceMs === undefined;
  }
}
