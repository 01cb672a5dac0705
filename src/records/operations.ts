import type { Lsn } from '../lsn.ts';
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
  /** As much as its record may have. */
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

/** A row that was read again, and of which nothing is to be written: it is gone, and deletes are not followed. */
export type Unchanged = { readonly kind: 'unchanged'; readonly index: string; readonly objectID: string };

export type Step = Operation | Refresh | Truncation | Unchanged | Position;

/** What a step may come to in the body of a request. */
export function requestBytes(step: Step): number {
  switch (step.kind) {
    case 'update':
    case 'delete':
    case 'truncate':
      return step.end - step.start;
    case 'refresh':
      return step.bytesMax;
    case 'unchanged':
    case 'position':
      return 0;
  }
}

export function isOperation(step: Step): step is Operation {
  return step.kind === 'update' || step.kind === 'delete';
}
