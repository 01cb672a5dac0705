import { isVisible, type Snapshot } from '../database/snapshot.ts';

/**
 * Transactions that the stream has delivered and that no snapshot has seen yet. A commit is in the WAL, and may have reached us, before
 * it is visible to others; what is read in between is the row as it was before.
 */
export class DeliveredTransactions {
  #xids: number[] = [];

  /** How many are remembered. */
  get size(): number {
    return this.#xids.length;
  }

  add(xid: number): void {
    this.#xids.push(xid);
  }

  /** Forgets what the snapshot sees, which every later one will see too; returns one that it does not see. */
  seen(snapshot: Snapshot): number | undefined {
    this.#xids = this.#xids.filter((xid) => !isVisible(xid, snapshot));
    return this.#xids[0];
  }
}
