import {
  asyncScheduler,
  type MonoTypeOperatorFunction,
  retry,
  type SchedulerLike,
  throwError,
  timer,
} from 'rxjs';
import { IndexRefusedError, Wal2AlgoliaError } from '../errors.ts';
import { recoveryOf } from '../failure-policy.ts';
import { backoffMs, patienceMs } from './backoff.ts';
import { TransientError } from './failures.ts';

export type Retry = {
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: Wal2AlgoliaError;
  /** Somebody has to mend something before it can succeed. */
  readonly waits: boolean;
  /** For metrics: a status or a few fixed words. */
  readonly reason: string;
};

export type RetryOptions = {
  /** Gives [0, 1). */
  readonly random?: (() => number) | undefined;
  readonly scheduler?: SchedulerLike | undefined;
  readonly onRetry?: ((retry: Retry) => void) | undefined;
};

/**
 * Subscribes again until unsubscribed: after what passes by itself soon and then less and less often, after what somebody has to mend slowly. Any
 * other error passes, and so does what ends the session.
 */
export function persistent<T>(options: RetryOptions): MonoTypeOperatorFunction<T> {
  const { random = Math.random, scheduler = asyncScheduler, onRetry } = options;
  return retry({
    delay: (error: unknown, attempt) => {
      const { action } = recoveryOf(error);
      const waits = action === 'wait';
      if (!(error instanceof Wal2AlgoliaError) || (action !== 'resend' && !waits))
        return throwError(() => error);
      const retryAfterMs = error instanceof TransientError ? error.retryAfterMs : undefined;
      const delayMs = waits ? patienceMs(attempt, random) : backoffMs(attempt, retryAfterMs, random);
      onRetry?.({ attempt, delayMs, error, waits, reason: reasonOf(error) });
      return timer(delayMs, scheduler);
    },
    resetOnSuccess: true,
  });
}

function reasonOf(error: Wal2AlgoliaError): string {
  if (error instanceof TransientError) return String(error.status ?? 'unreachable');
  return error instanceof IndexRefusedError ? String(error.status) : error.code;
}
