import { setTimeout as delay } from 'node:timers/promises';
import { DrainLimitError } from './bench-errors.ts';
import { monotonicMs } from './clock.ts';

/** How long one drain may take, and what ends the whole measuring early. */
export type Patience = { readonly limitMs: number; readonly signal: AbortSignal };

/**
 * Asks every `intervalMs` until the answer is not undefined. Rejects with a DrainLimitError that names what it waited for, and with the
 * signal's reason.
 */
export async function poll<T>(
  { limitMs, signal }: Patience,
  description: string,
  intervalMs: number,
  answer: () => Promise<T | undefined>,
): Promise<T> {
  const endsAtMs = monotonicMs() + limitMs;
  for (;;) {
    signal.throwIfAborted();
    const found = await answer();
    if (found !== undefined) return found;
    if (monotonicMs() > endsAtMs) {
      throw new DrainLimitError(`${description}: not within ${limitMs / 1_000} s`);
    }
    await delay(intervalMs);
  }
}
