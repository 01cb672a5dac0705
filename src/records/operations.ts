import type { TransformFunction } from '../config/transform-schema.ts';
import type { RecordProblem } from '../errors.ts';
import type { Lsn } from '../lsn.ts';
import type { WantedName } from './reference-names.ts';
import type { Transaction } from './transaction.ts';

/**
 * One change of one record, already the text that Algolia's batch endpoint takes as an entry of `requests`:
 * `bytes[start, end)` is `{"action":"updateObject","body":{"objectID":…}}` or `{"action":"deleteObject","body":{"objectID":…}}`.
 * https://www.algolia.com/doc/rest-api/search/#tag/Records/operation/batch
 */
export type Operation = {
  readonly kind: 'update' | 'delete';
  /** Configured name of the table whose row it is. */
  readonly table: string;
  readonly index: string;
  readonly objectID: string;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
};

/** One thing that is still to be done to a record. */
export type Unfinished =
  | {
      /** Names belong in front of the annotation of the transaction. */
      readonly kind: 'names';
      readonly wanted: readonly WantedName[];
      /** What the operation may come to with them. */
      readonly bytesMax: number;
    }
  | { readonly kind: 'transform'; readonly apply: TransformFunction };

/** An update whose record is not finished: `bytes[start, end)` is what it would be if nothing were left to do. */
export type Draft = Omit<Operation, 'kind'> & {
  readonly kind: 'draft';
  /** The transaction of the change; its annotation is the end of the bytes. */
  readonly transaction: Transaction;
  readonly change: 'insert' | 'update' | 'refresh';
  /** In the order in which it is done. */
  readonly unfinished: readonly Unfinished[];
};

/** A position that may be confirmed once everything before it in the stream has been written and published. */
export type Position = {
  readonly kind: 'position';
  readonly lsn: Lsn;
  /** Microseconds since 1970 of the commit; undefined for a quiet keepalive. */
  readonly committedAtMicros: bigint | undefined;
};

/**
 * The row of this objectID is to be read again, and what it is then to be written in this place: the change did not carry it whole,
 * or somebody asked.
 */
export type Refresh = {
  readonly kind: 'refresh';
  readonly table: string;
  /** Of the table that was changed; undefined for the one that is bound to the name. */
  readonly relationOid: number | undefined;
  readonly index: string;
  readonly objectID: string;
  /** The transaction of the change, or where it was asked for. */
  readonly transaction: Transaction;
  /** Of a change that the stream brought; a wish that cannot be granted is no reason to stop. */
  readonly isChange: boolean;
  /** The stream says that the record is to go; without a row for it, it does, whether deletes are followed or not. */
  readonly isRemoval: boolean;
  /** As much as its row may bring: what its record may have, and documents of which a part is wanted. */
  readonly bytesMax: number;
};

/** All that a table has put into its index goes. `bytes[start, end)` is the action that clears the whole index. */
export type Truncation = {
  readonly kind: 'truncate';
  readonly table: string;
  readonly index: string;
  /** In an index of several tables, what the objectIDs of this one begin with; undefined where the index is this table's alone. */
  readonly prefix: string | undefined;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
};

/**
 * A row of which nothing is to be written: it was read again and is gone, and deletes are not followed; it must have no record, and has no
 * objectID either; or it was inserted and is older than what is kept.
 */
export type Unchanged = {
  readonly kind: 'unchanged';
  readonly index: string;
  readonly objectID: string | undefined;
};

/**
 * A row that cannot be a record. It stands in the record's place in the line, and is set aside durably before anything behind it is
 * confirmed; of the text of its record, only what is small enough to keep is there.
 */
export type Unfit = {
  readonly kind: 'unfit';
  readonly table: string;
  readonly index: string;
  /** Undefined where the key itself is what is wrong. */
  readonly objectID: string | undefined;
  readonly problem: RecordProblem;
  /** Names and sizes, never values. */
  readonly message: string;
  readonly transaction: Transaction;
  /** Which of the rows without an objectID in its transaction it is, from 1: with the transaction's LSN that is its identity. */
  readonly place: number | undefined;
  /** The `body` that would have been sent, where it could be written at all. */
  readonly record: string | undefined;
};

export type Step = Operation | Draft | Refresh | Truncation | Unchanged | Unfit | Position;

/**
 * What a refresh weighs in the line. What its row brings is bounded when it is read: by the most that it may bring, a batch would be a
 * tenth of what it can be.
 */
const REFRESH_BYTES = 1_000;
/** What a row that is set aside takes beside its text. */
const UNFIT_BYTES = 500;

/** What a step may come to in the body of a request; a refresh has to be read first. */
export function requestBytes(step: Step): number {
  switch (step.kind) {
    case 'update':
    case 'delete':
    case 'truncate':
      return step.end - step.start;
    case 'draft':
      return draftBytes(step);
    case 'refresh':
      return Math.min(step.bytesMax, REFRESH_BYTES);
    case 'unfit':
      return UNFIT_BYTES + (step.record?.length ?? 0);
    case 'unchanged':
    case 'position':
      return 0;
  }
}

function draftBytes({ start, end, unfinished: [first] }: Draft): number {
  if (first?.kind !== 'names') return end - start;
  return first.bytesMax;
}

export function isDraft(step: Step): step is Draft {
  return step.kind === 'draft';
}

export function isOperation(step: Step): step is Operation {
  return step.kind === 'update' || step.kind === 'delete';
}
