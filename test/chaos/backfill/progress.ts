import type { IndexAddress } from '../../support/index-comparison.ts';
import { waitFor } from '../../support/wait-for.ts';
import { readRecord } from './index-reader.ts';

/** Landmarks among the rows of the past. */
const STEPS = 100;
/** Of one step of the way, with much else to do meanwhile. */
const STEP_MAX_MS = 120_000;

/**
 * How far a backfill has come, as the index shows it: the furthest landmark whose record was read again. One that a change of the stream
 * brought names its commit, and one that was deleted is not there; then the next one tells.
 */
export class Progress {
  readonly #server: IndexAddress;
  readonly #rows: number;
  #step = 0;

  constructor(server: IndexAddress, rows: number) {
    this.#server = server;
    this.#rows = rows;
  }

  /** From 0 to 1. */
  get share(): number {
    return this.#step / STEPS;
  }

  /** Resolves once that share has been read again; rejects when nothing moves for long, or with what `unless` rejects with. */
  async reaches(share: number, unless: Promise<never>): Promise<void> {
    const moves = async (): Promise<void> => {
      while (this.share < share) {
        const before = this.#step;
        await waitFor(() => this.#looksFurther(before), {
          description: `the backfill to come further than ${before} of ${STEPS} parts`,
          timeoutMs: STEP_MAX_MS,
          intervalMs: 5,
        });
      }
    };
    await Promise.race([moves(), unless]);
  }

  async #looksFurther(before: number): Promise<boolean> {
    const places = Array.from({ length: Math.min(10, STEPS - before) }, (_, n) => before + n + 1);
    const found = await Promise.all(places.map((place) => this.#isRead(place)));
    this.#step = places.filter((_, n) => found[n]).at(-1) ?? before;
    return this.#step > before;
  }

  async #isRead(place: number): Promise<boolean> {
    const id = Math.floor((place / STEPS) * this.#rows);
    const record = await readRecord(this.#server, String(id));
    return record !== undefined && record['wal'] === undefined;
  }
}
