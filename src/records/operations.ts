import type { Lsn } from '../lsn.ts';

/**
 * One change of one record, already the text that Algolia's batch endpoint takes as an entry of `requests`:
 * `bytes[start, end)` is `{"action":"updateObject","body":{"objectID":…}}` or `{"action":"deleteObject","body":{"objectID":…}}`.
 * https://www.algolia.com/doc/rest-api/search/#tag/Records/operation/batch
 */
export type Operation = {
  readonly kind: 'update' | 'delete';
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

export type Step = Operation | Position;
