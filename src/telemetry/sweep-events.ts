import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { StatusBoard } from './status-board.ts';

/** What is told of records that must not be in the index: numbers, and never whose they are. */
export function sweepEvents(logger: Logger, metrics: Metrics, board: StatusBoard) {
  return {
    onLettersErased: (left: number) => board.deadLetters(left),
    onExcluded: (reason: string) => metrics.excluded(reason),
    onSwept: (records: number) => metrics.swept(records),
    onErasing: (unfinished: number) => {
      logger.info({ unfinished }, unfinished === 0 ? 'erased' : 'erasing from the index');
      metrics.erasing(unfinished);
    },
    onFloorsHeld: (differenceMs: number) =>
      logger.warn(
        { differenceMs },
        'the clocks of Postgres and of this process differ, so nothing gets too old for the index until they agree; start this process again if it is its own that was wrong',
      ),
    onBookmarkEnded: (facts: { readonly bookmark: string; readonly reason: string }) => {
      logger.warn(facts, 'a bookmark is dropped');
      metrics.bookmarkEnded(facts.reason);
    },
    onBookmarksHeld: (differenceMs: number) =>
      logger.warn(
        { differenceMs },
        'the clocks of Postgres and of this process differ, so no bookmark expires until they agree; start this process again if it is its own that was wrong',
      ),
    onSweepTrouble: (error: unknown) =>
      logger.warn({ error }, 'what is to be removed stays for now; it will be tried again'),
  };
}
