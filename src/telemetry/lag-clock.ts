/**
 * How old the oldest unconfirmed commit is. Its own time is not known before it is confirmed, so it is taken from what is: it came
 * after the last confirmed one, and it cannot have waited longer than there has been anything to wait for.
 */
export class LagClock {
  readonly #nowMs: () => number;
  #waitingSinceMs: number | undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The server's position or ours was looked at. */
  moved(caughtUp: boolean): void {
    if (caughtUp) this.#waitingSinceMs = undefined;
    else this.#waitingSinceMs ??= this.#nowMs();
  }

  /** A position was confirmed: of a commit made at that time, or of a server that had nothing more to send. */
  confirmed(committedAtMs: number | undefined): void {
    if (committedAtMs === undefined) this.#waitingSinceMs = undefined;
    else if (this.#waitingSinceMs !== undefined) this.#waitingSinceMs = committedAtMs;
  }

  seconds(): number {
    return this.#waitingSinceMs === undefined ? 0 : Math.max(0, this.#nowMs() - this.#waitingSinceMs) / 1000;
  }
}
