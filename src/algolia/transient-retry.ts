import {
  asyncScheduler,
  type MonoTypeOperatorFunction,
  retry,
  type SchedulerLike,
  throwError,
  timer,
} from 'rxjs';
import { backoffMs } from './backoff.ts';
import { TransientError } from './failures.ts';

export type Retry = { readonly attempt: number; readonly delayMs: number; readonly error: TransientError };

export type RetryOptions = {
  /** Gives [0, 1). */
  readonly random?: (() => number) | undefined;
  readonly scheduler?: SchedulerLike | undefined;
  readonly onRetry?: ((retry: Retry) => void) | undefined;
};

/** Subscribes again after each transient failure, with backoff, until unsubscribed; any other error passes. */
export function retryTransient<T>(options: RetryOptions): MonoTypeOperatorFunction<T> {
  const { random = Math.random, scheduler = asyncScheduler, onRetry } = options;
  return retry({
    delay: (error: unknown, attempt) => {
      if (!(error instanceof TransientError)) return throwError(() => error);
      const delayMs = backoffMs(attempt, error.retryAfterMs, random);
      onRetry?.({ attempt, delayMs, error });
      return timer(delayMs, scheduler);
    },
    resetOnSuccess: true,
  });
}
