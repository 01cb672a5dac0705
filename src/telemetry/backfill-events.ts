import type { Logger } from './logger.ts';
import type { Status } from './status.ts';
import type { StatusBoard } from './status-board.ts';

type Progress = NonNullable<Status['backfill']> & { readonly isResumed: boolean };

/** What is told of loading rows from before the slot. */
export function backfillEvents(logger: Logger, board: StatusBoard) {
  let told: string | undefined;
  return {
    onBackfill: (progress: Progress | undefined): void => {
      if (progress === undefined) {
        board.backfill(undefined);
        if (told !== undefined) logger.info({}, 'the tables are loaded from before the slot');
        return;
      }
      const { table, rows, rowsEstimated, isResumed } = progress;
      board.backfill({ table, rows, rowsEstimated });
      if (told !== table)
        logger.info({ table, rows, rowsEstimated, isResumed }, 'loading rows from before the slot');
      told = table;
    },
    onBackfillTrouble: (error: unknown): void =>
      logger.warn({ error }, 'rows from before the slot cannot be loaded for now'),
  };
}
