import type { Logger } from './logger.ts';
import type { StatusBoard } from './status-board.ts';
import { differingRecords, type VerifyResult } from './verify-status.ts';

/** What is told of the comparisons of table and index that `run` makes by itself: numbers, and never what differs. */
export function verifyEvents(logger: Logger, board: StatusBoard) {
  return {
    onVerifyResults: (results: readonly VerifyResult[]) => board.verified(results),
    onVerified: (result: VerifyResult) => {
      const { table, counts } = result;
      if (differingRecords(result) === 0) logger.info({ table, ...counts }, 'table and index agree');
      else
        logger.warn(
          { table, ...counts },
          'table and index differ: `verify --table` lists what differs, `verify --repair` has it read again',
        );
    },
    onVerifyTrouble: (error: unknown, table?: string) => {
      board.verifyTrouble(error, table);
      logger.warn({ table, error }, 'table and index could not be compared; it will be tried again');
    },
  };
}
