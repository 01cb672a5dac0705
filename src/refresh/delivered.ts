import { isVisible, type Snapshot } from '../database/snapshot.ts';

/**
 * Transactions that the stream has delivered and that no snapshot has seen yet. A commit is in the WAL, and may have reached us, before
 * it is visible to others; what is read in between is the row as it was before.
 */
export class DeliveredTransactions {
  #xids: number[] = [];
  #server = '';
  #lookedAtMs = performance.now();

  /** How many are remembered. */
  get size(): number {
    return this.#xids.length;
  }

  /** How long ago they were last looked through; 0 when there are none. */
  get ageMs(): number {
    return this.#xids.length === 0 ? 0 : performance.now() - this.#lookedAtMs;
  }

  /** Where the next ones come from. On another server or timeline those of before are visible, or were never committed there and never will be. */
  from({ systemId, timeline }: { readonly systemId: string; readonly timeline: number }): void {
    const server = `${systemId} ${timeline}`;
    if (server !== this.#server) this.forget();
    this.#server = server;
  }

  /** The server may have been set back. */
  forget(): void {
    this.#xids = [];
  }

  add(xid: number): void {
    if (this.#xids.length === 0) this.#lookedAtMs = performance.now();
    this.#xids.push(xid);
  }

  /** Forgets what the snapshot sees, which every later one will see too; returns one that it does not see. */
  seen(snapshot: Snapshot): number | undefined {
    this.#lookedAtMs = performance.now();
    this.#xids = this.#xids.filter((xid) => !isVisible(xid, snapshot));
    return this.#xids[0];
  }
}
