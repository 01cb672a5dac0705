import type { Position } from '../records/operations.ts';
import type { Unsettled } from './unsettled.ts';

/** Positions wait while a late copy might still spoil what was written before them, and then go together. */
export class HeldPosition {
  readonly #unsettled: Unsettled;
  readonly #onHold: ((ms: number) => void) | undefined;
  #held: Position | undefined;
  #isHolding = false;

  /** `onHold` is told when they begin to wait, for so long at the least. */
  constructor(unsettled: Unsettled, onHold: ((ms: number) => void) | undefined) {
    this.#unsettled = unsettled;
    this.#onHold = onHold;
  }

  /** What may be confirmed behind a batch that ends with this one. */
  pass(position: Position | undefined, nowMs: number): Position | undefined {
    this.#held = position ?? this.#held;
    if (this.#unsettled.holds) {
      if (!this.#isHolding) this.#onHold?.(this.#unsettled.dueInMs(nowMs) ?? 0);
      this.#isHolding = true;
      return undefined;
    }
    this.#isHolding = false;
    const free = this.#held;
    this.#held = undefined;
    return free;
  }
}
