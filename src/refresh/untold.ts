import type { IgnoredRequest } from '../database/ignored-requests.ts';

const NAMED_MAX = 1_000;

/** Requests that are ignored, until those are told who may wait for them: the last reason for each table. */
export class Untold {
  #reasons = new Map<string | null, string>();

  get isEmpty(): boolean {
    return this.#reasons.size === 0;
  }

  add(table: string, reason: string): void {
    this.#reasons.set(this.#reasons.size < NAMED_MAX ? table : null, reason);
  }

  /** Forgets what there is, which is told as soon as `tell` resolves. Where it rejects the session is over, and all of it comes again. */
  async told(tell: (requests: readonly IgnoredRequest[]) => Promise<void>): Promise<void> {
    if (this.isEmpty) return;
    const reasons = this.#reasons;
    this.#reasons = new Map();
    await tell([...reasons].map(([table, reason]) => ({ table, reason })));
  }
}
