import { performance } from 'node:perf_hooks';
import {
  catchError,
  concat,
  concatMap,
  defer,
  from,
  map,
  mergeMap,
  type Observable,
  tap,
  throwError,
  toArray,
} from 'rxjs';
import type { Operation, Position, Step } from '../records/operations.ts';
import { requestBody, survivorsByIndex, toBatch } from './batch-body.ts';
import { BodyMemory } from './body-memory.ts';
import type { Algolia } from './client.ts';
import { TooLargeError } from './failures.ts';
import { type Retry, type RetryOptions, retryTransient } from './transient-retry.ts';

export type Task = { readonly index: string; readonly taskID: number };

/** A batch that Algolia has accepted: it is queued there, applied once its tasks are published. */
export type Written = {
  readonly position: Position | undefined;
  /** In the order of acceptance per index; empty for a batch without operations. */
  readonly tasks: readonly Task[];
  /** Updates and deletes that were sent, after coalescing. */
  readonly records: number;
  readonly deleted: number;
  /** Sum of all operations' bytes, also of those that were coalesced away, so that a budget gets back what it gave. */
  readonly bytes: number;
  /** On the clock of `performance.now()`. */
  readonly acceptedAtMs: number;
};

export type WriterOptions = Omit<RetryOptions, 'onRetry'> & {
  readonly algolia: Pick<Algolia, 'batch'>;
  /** Rejects when it is not proven that we still own the slot; then nothing is sent. */
  readonly fence: () => Promise<void>;
  readonly onRetry?: ((retry: Retry & { readonly index: string }) => void) | undefined;
  readonly nowMs?: (() => number) | undefined;
};

export type Writer = {
  /**
   * Writes one batch when subscribed, and emits once when all of it is accepted. Transient failures are retried until unsubscribed;
   * a refusal and a fence that rejects are errors. Subscribe to one at a time: that keeps changes of a record in order.
   */
  write(steps: readonly Step[]): Observable<Written>;
  /**
   * Resolves when no request is in flight any more, whatever became of its subscription. A request cannot be recalled, so a new
   * session waits for this: a late one of the old session must not land after its own.
   */
  settled(): Promise<void>;
};

/** Indexes of one batch that are written at the same time. */
const INDEXES_AT_ONCE = 8;

export function createWriter(options: WriterOptions): Writer {
  const { algolia, fence, onRetry, nowMs = () => performance.now() } = options;
  const inFlight = new Set<Promise<unknown>>();
  const memory = new BodyMemory();

  function send(index: string, body: Uint8Array): Promise<Task> {
    const request = algolia.batch(index, body).then(({ taskID }) => ({ index, taskID }));
    const done = (): void => void inFlight.delete(settling);
    const settling = request.then(done, done);
    inFlight.add(settling);
    return request;
  }

  function writeIndex(index: string, operations: readonly Operation[]): Observable<Task> {
    return defer(() => {
      const body = requestBody(operations, (bytes) => memory.take(bytes));
      let attempts = 0;
      return defer(fence).pipe(
        concatMap(() => {
          attempts += 1;
          return send(index, body);
        }),
        retryTransient({ ...options, onRetry: (retry) => onRetry?.({ ...retry, index }) }),
        tap(() => {
          // An answer means that the body was sent; of an attempt that failed before, nobody knows.
          if (attempts === 1) memory.giveBack(body);
        }),
      );
    }).pipe(
      catchError((error: unknown) => {
        if (!(error instanceof TooLargeError) || operations.length < 2) return throwError(() => error);
        const middle = Math.ceil(operations.length / 2);
        return concat(
          writeIndex(index, operations.slice(0, middle)),
          writeIndex(index, operations.slice(middle)),
        );
      }),
    );
  }

  return {
    write: (steps) =>
      defer(() => {
        const { operations, position, bytes } = toBatch(steps);
        const byIndex = survivorsByIndex(operations);
        const facts = { position, bytes, ...counts(byIndex.values()) };
        return from(byIndex).pipe(
          mergeMap(([index, survivors]) => writeIndex(index, survivors), INDEXES_AT_ONCE),
          toArray(),
          map((tasks): Written => ({ ...facts, tasks, acceptedAtMs: nowMs() })),
        );
      }),
    async settled() {
      while (inFlight.size > 0) await Promise.all(inFlight);
    },
  };
}

function counts(lists: Iterable<readonly Operation[]>): Pick<Written, 'records' | 'deleted'> {
  let records = 0;
  let deleted = 0;
  for (const operations of lists) {
    records += operations.length;
    for (const { kind } of operations) if (kind === 'delete') deleted += 1;
  }
  return { records, deleted };
}
