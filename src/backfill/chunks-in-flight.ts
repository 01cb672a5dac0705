import type { KeyText } from '../database/rows/key-pages.ts';
import type { Lsn } from '../lsn.ts';
import type { Throttle } from './throttle.ts';

/** Keys that were asked for by messages before `target`. */
export type Chunk = {
  readonly target: Lsn;
  /** On the clock of `performance.now()`. */
  readonly askedAtMs: number;
  /** The last of its keys. */
  readonly through: KeyText;
  readonly rows: number;
  /** Of them, objectIDs that no record can have. */
  readonly refused: number;
};

export type ChunksInFlightOptions = {
  readonly passed: (target: Lsn) => Promise<void>;
  readonly throttle: Throttle;
  /** Of one after the other, in their order. */
  readonly onConfirmed: (chunk: Chunk) => Promise<void>;
};

/** Chunks that were asked for and are not confirmed; they are waited for beside whatever else is done, one after the other. */
export class ChunksInFlight {
  readonly #options: ChunksInFlightOptions;
  #keys = 0;
  #last: Promise<void> = Promise.resolve();
  readonly #chunks: Promise<void>[] = [];

  constructor(options: ChunksInFlightOptions) {
    this.#options = options;
  }

  get keys(): number {
    return this.#keys;
  }

  add(chunk: Chunk): void {
    this.#keys += chunk.rows;
    const settled = this.#last.then(() => this.#settle(chunk));
    // Whoever asks for room or for the end hears of it.
    settled.catch(() => undefined);
    this.#last = settled;
    this.#chunks.push(settled);
  }

  /** Resolves when more may be asked for. Rejects once a chunk cannot be confirmed. */
  async room(): Promise<void> {
    while (
      this.#chunks.length > 0 &&
      this.#keys + this.#options.throttle.chunkKeys > this.#options.throttle.keysInFlightMax
    )
      await this.#chunks[0];
  }

  /** Resolves when all are confirmed. Rejects as `room` does. */
  drained(): Promise<void> {
    return this.#last;
  }

  async #settle(chunk: Chunk): Promise<void> {
    const { passed, throttle, onConfirmed } = this.#options;
    await passed(chunk.target);
    throttle.confirmed(chunk.askedAtMs, performance.now());
    this.#keys -= chunk.rows;
    await onConfirmed(chunk);
    void this.#chunks.shift();
  }
}
