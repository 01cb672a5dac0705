import type { Logger } from './logger.ts';
import type { StatusBoard } from './status-board.ts';

/** What is told of the notes that are kept beside the line: how far the index is complete, and how far the slot has come. */
export function noteEvents(logger: Logger, board: StatusBoard) {
  let isTold = false;
  return {
    onStatus: (error: unknown): void => {
      board.pause('status-record', error);
      if (error !== undefined) logger.warn({ error }, 'the status record cannot be kept');
    },
    /** Of no consequence until the slot is lost: told once, also where every session has it. */
    onNote: (error: unknown): void => {
      if (error !== undefined && !isTold) logger.warn({ error }, 'how far the slot has come is not noted');
      isTold = error !== undefined;
    },
  };
}
