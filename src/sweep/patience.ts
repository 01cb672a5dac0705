import { SessionLostError } from '../errors.ts';
import { recoveryOf } from '../failure-policy.ts';

const PAUSE_MIN_MS = 500;
const PAUSE_MAX_MS = 30_000;

/** Waits and tries that end with a session. */
export class Patience {
  readonly #onTrouble: (error: unknown) => void;
  readonly #ended = new AbortController();
  #wake: (() => void) | undefined;

  constructor(onTrouble: (error: unknown) => void) {
    this.#onTrouble = onTrouble;
  }

  get isOver(): boolean {
    return this.#ended.signal.aborted;
  }

  /** Resolves after so many milliseconds, when woken, or when it is over. */
  async pause(ms: number): Promise<void> {
    if (this.isOver) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  wake(): void {
    this.#wake?.();
  }

  /** Until it succeeds: what passes by itself soon again and then less often, what somebody has to mend slowly. Rejects when it is over. */
  async persist<T>(work: () => Promise<T>): Promise<T> {
    for (let pauseMs = PAUSE_MIN_MS; ; pauseMs = Math.min(PAUSE_MAX_MS, 2 * pauseMs)) {
      if (this.isOver) throw new SessionLostError('the session is over');
      try {
        return await work();
      } catch (error) {
        if (this.isOver) throw error;
        const { action } = recoveryOf(error);
        if (action !== 'resend' && action !== 'wait') throw error;
        this.#onTrouble(error);
        await this.pause(action === 'wait' ? PAUSE_MAX_MS : pauseMs);
      }
    }
  }

  end(): void {
    this.#ended.abort();
    this.wake();
  }
}
