export type ThrottleOptions = {
  /** What live changes may have to wait for. */
  readonly lagMaxMs: number;
};

/** Hardly more work than none, so that it also gets on where Algolia alone takes longer than the limit. */
const CHUNK_KEYS_MIN = 100;
/** A batch of the pipeline has so many at most unless configured otherwise. */
const CHUNK_KEYS_MAX = 5_000;
const KEYS_START = 1_000;
/** Each is a step in the memory of whoever holds the slot. */
const KEYS_MAX = 50_000;
const CHUNKS_IN_FLIGHT = 4;
/** Below this share of the limit there is room for more. */
const ROOM = 0.5;
const GROWTH = 1.25;

/**
 * How many keys may be asked for and not be confirmed. A change that is committed behind a chunk is confirmed behind it, so how long a
 * chunk takes is the lag that others see: above the limit the number is halved, well below it grows. Whatever else makes the pipeline
 * late makes chunks late as well.
 */
export class Throttle {
  readonly #lagMaxMs: number;
  #keys = KEYS_START;
  /** No second step on what was asked for before the first. */
  #heedFromMs = 0;

  constructor({ lagMaxMs }: ThrottleOptions) {
    this.#lagMaxMs = lagMaxMs;
  }

  get keysInFlightMax(): number {
    return this.#keys;
  }

  /** Several are under way at once, since a write takes a while to be published. */
  get chunkKeys(): number {
    const share = Math.floor(this.#keys / CHUNKS_IN_FLIGHT);
    return Math.max(CHUNK_KEYS_MIN, Math.min(CHUNK_KEYS_MAX, share));
  }

  /** A chunk that was asked for then is confirmed now. */
  confirmed(askedAtMs: number, nowMs: number): void {
    const lagMs = nowMs - askedAtMs;
    if (lagMs > this.#lagMaxMs) {
      if (askedAtMs < this.#heedFromMs) return;
      this.#keys = Math.max(CHUNK_KEYS_MIN, Math.floor(this.#keys / 2));
      this.#heedFromMs = nowMs;
    } else if (lagMs < ROOM * this.#lagMaxMs) {
      this.#keys = Math.min(KEYS_MAX, Math.ceil(this.#keys * GROWTH));
    }
  }
}
