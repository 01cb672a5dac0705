import type { RecordProblem } from '../errors.ts';
import type { Lsn } from '../lsn.ts';

/** A row that could not be indexed, and why. Its record is for the table of dead letters alone: never in a log, an error or a metric. */
export type DeadLetter = {
  readonly table: string;
  readonly index: string;
  /** Undefined where the key itself is what is wrong; then `lsn` and `place` say which row it is. */
  readonly objectID: string | undefined;
  readonly action: 'update' | 'delete';
  readonly reason: RecordProblem | 'refused';
  /** Of ours, or Algolia's as far as it may be repeated. */
  readonly message: string;
  /** Undefined where Algolia was not asked. */
  readonly httpStatus: number | undefined;
  /** Start of the commit record that brought it; undefined for a row that was read again because somebody asked. */
  readonly lsn: Lsn | undefined;
  /** ISO 8601 in UTC, with microseconds. */
  readonly committedAt: string | undefined;
  readonly place: number | undefined;
  /** The JSON text that would have been sent; undefined for a deletion, and where it is too large to keep. */
  readonly record: string | undefined;
};

export type LetterKey = { readonly index: string; readonly objectID: string };

/** What one batch means for the dead letters, in this order: those that are settled go, then those that are set aside come. */
export type LetterChanges = {
  /** Records that were written whole, or deleted. */
  readonly settled: readonly LetterKey[];
  /** Tables that were truncated. */
  readonly emptied: readonly string[];
  readonly setAside: readonly DeadLetter[];
};
