/** Reads in one millisecond that mean load: the walsender writes a message at a time, and reading each one costs both sides most of their time. */
const READS_MEANING_LOAD = 4;
const WINDOW_MS = 1;
/** Long enough to fill a socket buffer at full speed, short against everything else on the way. */
const PAUSE_MS = 1;

/**
 * Patience under load: says after each read for how many milliseconds to leave the socket alone. Reads that are rare,
 * as when idle or at a thousand rows a second, are never held up.
 */
export class ReadPace {
  #windowStartedAtMs = Number.NEGATIVE_INFINITY;
  #reads = 0;

  /** `nowMs` is a monotonic clock; answers 0 for "go on". */
  afterRead(nowMs: number): number {
    if (nowMs - this.#windowStartedAtMs > WINDOW_MS) {
      this.#windowStartedAtMs = nowMs;
      this.#reads = 0;
    }
    this.#reads += 1;
    if (this.#reads < READS_MEANING_LOAD) return 0;
    this.#windowStartedAtMs = Number.NEGATIVE_INFINITY;
    return PAUSE_MS;
  }
}
