import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { StatusBoard } from './status-board.ts';

type Retry = { readonly error: Error; readonly delayMs: number; readonly reason: string };

/** What is told of rows that wait to be written. */
export function retryEvents(logger: Logger, metrics: Metrics, board: StatusBoard) {
  const waiting = ({ error, reason }: Retry): void => {
    metrics.retried(reason);
    board.trouble('writing', error);
  };
  return {
    onNote: (error: unknown): void => {
      if (error !== undefined) logger.warn({ error }, 'how far the slot has come is not noted');
    },
    onRetry: (
      retry: Retry & { readonly index: string; readonly attempt: number; readonly waits: boolean },
    ) => {
      const { index, attempt, delayMs, error, waits } = retry;
      logger.warn(
        { index, attempt, delayMs, error },
        waits ? 'waiting until this is mended' : 'request will be sent again',
      );
      waiting(retry);
    },
    onUnwritable: (retry: Retry) => {
      const { delayMs, error } = retry;
      logger.error({ delayMs, error }, 'waiting: dead letters cannot be written');
      waiting(retry);
    },
  };
}
