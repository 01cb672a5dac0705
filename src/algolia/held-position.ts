import type { Position } from '../records/operations.ts';
import type { Unsettled } from './unsettled.ts';

/** Told when positions begin to wait, for so many milliseconds at the least, and with undefined when they go on. */
export type OnHold = (ms: number | undefined) => void;

/** Positions wait while a late copy might still spoil what was written before them, and then go together. */
export class HeldPosition {
  readonly #unsettled: Unsettled;
  readonly #onHold: OnHold | undefined;
  #held: Position | undefined;
  #isHolding = false;

  constructor(unsettled: Unsettled, onHold: OnHold | undefined) {
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
    if (this.#isHolding) this.#onHold?.(undefined);
    this.#isHolding = false;
    const free = this.#held;
    this.#held = undefined;
    return free;
  }
}
