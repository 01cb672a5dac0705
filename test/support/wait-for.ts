import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

export type WaitForOptions = {
  /** What is waited for, as it should read in the failure: "the slot to be inactive". */
  readonly description: string;
  /** Default a minute: long enough for a machine that has other things to do. */
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
};

/**
 * Asks until the answer is truthy and resolves with it. Rejects after `timeoutMs`, saying what it waited for and the last
 * answer, which may be an error: a condition that throws is asked again.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { description, timeoutMs = 60_000, intervalMs = 25 }: WaitForOptions,
): Promise<Exclude<T, undefined | null | false | 0 | ''>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let last: unknown;
    try {
      const answer = await condition();
      if (answer) return answer as Exclude<T, undefined | null | false | 0 | ''>;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      const shown = last instanceof Error ? String(last) : inspect(last, { depth: 4 });
      throw new Error(`waited ${timeoutMs} ms for ${description}; last seen: ${shown}`, { cause: last });
    }
    await delay(intervalMs);
  }
}
