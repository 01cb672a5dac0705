import type { LetterChanges } from '../dead-letters/dead-letter.ts';
import type { Position } from '../records/operations.ts';

/** A request that Algolia has accepted. */
export type Task = { readonly index: string; readonly taskID: number };

/** A batch that Algolia has accepted: it is queued there, applied once its tasks are published. */
export type Written = {
  /** What may be confirmed behind it; positions wait, and then come together, while a late copy of a request may spoil what was written. */
  readonly position: Position | undefined;
  /** In the order of acceptance per index; empty for a batch without operations. */
  readonly tasks: readonly Task[];
  /** Updates and deletes that were accepted, after coalescing. */
  readonly records: number;
  readonly deleted: number;
  /** Sum of all operations' bytes, also of those that were coalesced away, so that a budget gets back what it gave. */
  readonly bytes: number;
  /** On the clock of `performance.now()`. */
  readonly acceptedAtMs: number;
};

/** A batch that Algolia has accepted but for what has to be set aside: the dead letters come before anything is confirmed. */
export type Accepted = Written & { readonly letters: LetterChanges };
