import { LSN_ZERO, type Lsn } from '../lsn.ts';
import type { WalMessage } from './messages.ts';

/** Where a replay ends. */
export type Until = {
  /** No transaction is wanted whose commit record starts here or later. */
  readonly lsn: Lsn;
  /** Nor one that was committed then or later, in microseconds since 1970; undefined for no such limit. */
  readonly micros?: bigint | undefined;
  /** Told of each transaction that is wanted, when it begins. */
  readonly onTransaction?: (() => void) | undefined;
};

/**
 * A commit takes its time before it gets its place in the WAL, and clocks are set back a little: one that is earlier may still come
 * behind one that is later, for so long.
 */
const DISORDER_MICROS = 60_000_000n;

/**
 * Picks from what one session sends the transactions before an end, whole, and leaves out messages that ask something of a pipeline:
 * they are none of a replay's business.
 */
export class WalRange {
  readonly #until: Until;
  #isReached = false;
  #isOpen = false;
  #isSkipping = false;
  #lastLsn: Lsn = LSN_ZERO;

  constructor(until: Until) {
    this.#until = until;
  }

  /** Nothing more is wanted. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** The last position that was let through; LSN_ZERO for none. */
  get lastLsn(): Lsn {
    return this.#lastLsn;
  }

  pick(run: readonly WalMessage[]): readonly WalMessage[] {
    const picked: WalMessage[] = [];
    for (const message of run) {
      if (this.#isReached) break;
      if (this.#isWanted(message)) picked.push(message);
    }
    return picked;
  }

  #isWanted(message: WalMessage): boolean {
    const { lsn, micros, onTransaction } = this.#until;
    switch (message.tag) {
      case 'begin':
        this.#isReached =
          message.commitLsn >= lsn ||
          (micros !== undefined && message.committedAtMicros >= micros + DISORDER_MICROS);
        this.#isOpen = true;
        this.#isSkipping = micros !== undefined && message.committedAtMicros >= micros;
        if (this.#isReached || this.#isSkipping) return false;
        onTransaction?.();
        return true;
      case 'commit': {
        const isSkipped = this.#isSkipping;
        this.#isOpen = false;
        this.#isSkipping = false;
        this.#isReached = message.endLsn >= lsn;
        if (!isSkipped) this.#pass(message.endLsn);
        return !isSkipped;
      }
      case 'keepalive':
        // Inside a transaction its position may lie beyond rows that are still to come.
        this.#isReached = !this.#isOpen && message.walEnd >= lsn;
        if (this.#isReached || this.#isOpen) return false;
        this.#pass(message.walEnd);
        return true;
      case 'relation':
      case 'type':
        return true;
      case 'message':
        return false;
      case 'insert':
      case 'update':
      case 'delete':
      case 'truncate':
      case 'origin':
        return !this.#isSkipping;
    }
  }

  #pass(lsn: Lsn): void {
    if (lsn > this.#lastLsn) this.#lastLsn = lsn;
  }
}
