import { type MonoTypeOperatorFunction, tap } from 'rxjs';

/** What is paused and resumed: the socket behind a session. */
export type Valve = { pause(): void; resume(): void };

/**
 * Counts bytes between two places in a stream and closes the valve while there are too many: above `highBytes` it is paused,
 * below half of that resumed. RxJS itself has no backpressure.
 */
export class InFlight {
  readonly #valve: Valve;
  readonly #highBytes: number;
  readonly #onChange: (bytes: number) => void;
  #bytes = 0;
  #paused = false;

  constructor(valve: Valve, highBytes: number, onChange: (bytes: number) => void = () => undefined) {
    this.#valve = valve;
    this.#highBytes = highBytes;
    this.#onChange = onChange;
  }

  enter<T>(weigh: (value: T) => number): MonoTypeOperatorFunction<T> {
    return tap((value) => {
      this.#bytes += weigh(value);
      this.#onChange(this.#bytes);
      if (!this.#paused && this.#bytes > this.#highBytes) {
        this.#paused = true;
        this.#valve.pause();
      }
    });
  }

  /** When all that came of them has passed, and the stream completes. */
  leave<T>(weigh: () => number): MonoTypeOperatorFunction<T> {
    return tap({
      complete: () => {
        this.#bytes -= weigh();
        this.#onChange(this.#bytes);
        if (this.#paused && this.#bytes < this.#highBytes / 2) {
          this.#paused = false;
          this.#valve.resume();
        }
      },
    });
  }
}
