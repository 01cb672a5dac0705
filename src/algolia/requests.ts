import { asyncScheduler, concatMap, defer, type Observable, tap, timer } from 'rxjs';
import { requestBody } from './batch-body.ts';
import type { Action } from './batch-work.ts';
import { BodyMemory } from './body-memory.ts';
import type { Algolia } from './client.ts';
import { TransientError } from './failures.ts';
import { persistent, type Retry, type RetryOptions } from './persistence.ts';
import type { Task } from './written.ts';

export type RequestOptions = Omit<RetryOptions, 'onRetry'> & {
  readonly algolia: Pick<Algolia, 'batch'>;
  /** Rejects when it is not proven that we still own the slot; then nothing is sent. */
  readonly fence: () => Promise<void>;
  readonly onRetry?: ((retry: Retry & { readonly index: string }) => void) | undefined;
};

export type UnknownOutcomes = {
  /** Told of actions that may have been taken, or may be yet, also when nobody waits for them any more. */
  readonly onUnknown: (index: string, actions: readonly Action[]) => void;
  /** How long the next request to an index has to wait for earlier ones. */
  readonly waitMs: (index: string) => number;
};

/** Batch requests, each behind the fence, sent again for as long as somebody is subscribed. */
export class Requests {
  readonly #options: RequestOptions;
  readonly #outcomes: UnknownOutcomes;
  readonly #inFlight = new Set<Promise<unknown>>();
  readonly #memory = new BodyMemory();

  constructor(options: RequestOptions, outcomes: UnknownOutcomes) {
    this.#options = options;
    this.#outcomes = outcomes;
  }

  /** Writes these in one request; emits its task. */
  write(index: string, actions: readonly Action[]): Observable<Task> {
    return defer(() => {
      const waitMs = this.#outcomes.waitMs(index);
      if (waitMs === 0) return this.#attempts(index, actions);
      const { scheduler = asyncScheduler } = this.#options;
      return timer(waitMs, scheduler).pipe(concatMap(() => this.#attempts(index, actions)));
    });
  }

  /** Resolves when none is in flight any more. */
  async settled(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  #attempts(index: string, actions: readonly Action[]): Observable<Task> {
    const { fence, onRetry } = this.#options;
    const body = requestBody(actions, (bytes) => this.#memory.take(bytes));
    let attempts = 0;
    return defer(fence).pipe(
      concatMap(() => {
        attempts += 1;
        return this.#send(index, actions, body);
      }),
      persistent({ ...this.#options, onRetry: (retry) => onRetry?.({ ...retry, index }) }),
      tap(() => {
        // An answer means that the body was sent; of an attempt that failed before, nobody knows.
        if (attempts === 1) this.#memory.giveBack(body);
      }),
    );
  }

  #send(index: string, actions: readonly Action[], body: Uint8Array): Promise<Task> {
    const request = this.#options.algolia.batch(index, body).then(({ taskID }) => ({ index, taskID }));
    const settling = request
      .catch((error: unknown) => {
        if (error instanceof TransientError && error.outcomeUnknown) this.#outcomes.onUnknown(index, actions);
      })
      .finally(() => this.#inFlight.delete(settling));
    this.#inFlight.add(settling);
    return request;
  }
}
