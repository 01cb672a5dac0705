/**
 * The newest of the times that pass by, in memory for twice as many, whatever there is of them: when that is full, the elder half goes.
 */
export class NewestTimes {
  readonly #count: number;
  readonly #times: Float64Array;
  #length = 0;

  constructor(count: number) {
    this.#count = count;
    this.#times = new Float64Array(2 * count);
  }

  add(time: number): void {
    if (this.#length === this.#times.length) this.#sort();
    this.#times[this.#length] = time;
    this.#length += 1;
  }

  /** The `rank`-th newest, from 1 up to as many as are kept; undefined where there are fewer. */
  newest(rank: number): number | undefined {
    this.#sort();
    return rank > this.#length ? undefined : this.#times[this.#length - rank];
  }

  #sort(): void {
    const sorted = this.#times.subarray(0, this.#length).sort();
    this.#length = Math.min(this.#length, this.#count);
    this.#times.set(sorted.slice(-this.#length));
  }
}
