import { recoveryOf } from '../../failure-policy.ts';
import { stopped } from '../stopped.ts';

const PAUSE_MIN_MS = 100;
const PAUSE_MAX_MS = 5_000;

/**
 * Does the work again, which goes on from where it was, for every error that a new session mends. Rejects as it does with any other, or
 * once `signal` is aborted.
 */
export async function untilDone<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onTrouble: (error: Error) => void,
): Promise<T> {
  for (let pauseMs = PAUSE_MIN_MS; ; pauseMs = Math.min(PAUSE_MAX_MS, 2 * pauseMs)) {
    try {
      return await work();
    } catch (error) {
      const isMended = ['retry', 'reopen', 'standby'].includes(recoveryOf(error).action);
      if (!isMended || signal.aborted) throw error;
      onTrouble(error as Error);
    }
    await stopped(signal, pauseMs * (0.5 + Math.random() / 2));
  }
}
