/** Bodies come close to the same size again and again: in steps of this, their memory mostly fits the next one. */
const STEP_BYTES = 1_000_000;

/**
 * Memory of request bodies, used again: left to the garbage collector, megabytes that outlive a request pile up faster than it comes
 * by. Only what was given back is used again, so a body must be given back once nobody can be sending it any more.
 */
export class BodyMemory {
  readonly #free: Buffer[] = [];

  /** `bytes` bytes with anything in them. */
  take(bytes: number): Buffer {
    const place = this.#free.findIndex(({ length }) => length >= bytes);
    const [found] = place === -1 ? [] : this.#free.splice(place, 1);
    const memory = found ?? Buffer.allocUnsafeSlow(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES);
    return memory.subarray(0, bytes);
  }

  giveBack(body: Buffer): void {
    // One is enough: a larger one replaces it, and more come only with more indexes.
    this.#free.length = 0;
    this.#free.push(Buffer.from(body.buffer));
  }
}
