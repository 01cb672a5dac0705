import { performance } from 'node:perf_hooks';
import {
  asyncScheduler,
  catchError,
  concatMap,
  defer,
  endWith,
  filter,
  finalize,
  first,
  from,
  identity,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  type ObservableInput,
  type OperatorFunction,
  repeat,
  throwError,
  timer,
} from 'rxjs';
import { SessionLostError } from '../errors.ts';
import { RefusedError } from './failures.ts';
import { persistent, type RetryOptions } from './persistence.ts';
import { PublishingTime } from './publishing-time.ts';
import type { Task, Written } from './written.ts';

export type PublicationOptions = RetryOptions & {
  readonly isPublished: (index: string, taskID: number) => ObservableInput<boolean>;
  /** 'accepted' lets everything through at once. */
  readonly confirmAfter: 'published' | 'accepted';
  /** Told whenever it changes when the oldest write that is not published was accepted, on the clock of `nowMs`; undefined for none. */
  readonly onOldest?: ((acceptedAtMs: number | undefined) => void) | undefined;
  readonly nowMs?: (() => number) | undefined;
};

/** Writes that are asked about at the same time: with one only, a distant Algolia would answer more slowly than it accepts. */
const WRITES_ASKED_ABOUT = 4;

/**
 * Lets writes through in order, each once it and all before it are published; never gives up on one. What waits is unbounded
 * here: bound it at the source. On completion of the source what is left is awaited; on an error it is dropped. A task that
 * Algolia no longer knows is a SessionLostError: what is unconfirmed has to be delivered again.
 */
export function published(options: PublicationOptions): OperatorFunction<Written, Written> {
  if (options.confirmAfter === 'accepted') return identity;
  return (source) =>
    defer(() => {
      const publishingTime = new PublishingTime();
      const waiting = new WaitingWrites(options.onOldest);
      const whenPublished = ({ tasks, acceptedAtMs }: Written): Observable<never> =>
        merge(...tasks.map((task) => taskPublished(task, acceptedAtMs, publishingTime, options))).pipe(
          ignoreElements(),
        );
      return source.pipe(
        map((written) => waiting.add(written)),
        filter((entry) => entry !== undefined),
        mergeMap((entry) => whenPublished(entry.written).pipe(endWith(entry)), WRITES_ASKED_ABOUT),
        concatMap((entry) => from(waiting.release(entry))),
        finalize(() => waiting.clear()),
      );
    });
}

/** Asks about one task until it is published, then completes. */
export function taskPublished(
  { index, taskID }: Task,
  acceptedAtMs: number,
  publishingTime: PublishingTime,
  options: PublicationOptions,
): Observable<boolean> {
  const { scheduler = asyncScheduler, nowMs = () => performance.now() } = options;
  const elapsedMs = (): number => nowMs() - acceptedAtMs;
  let questions = 0;
  const question = defer(() => {
    questions += 1;
    return options.isPublished(index, taskID);
  }).pipe(
    catchError((error: unknown) => throwError(() => (isUnknownTask(error) ? lostTask(index, error) : error))),
    persistent(options),
  );
  return timer(Math.max(0, publishingTime.firstQuestionMs - elapsedMs()), scheduler).pipe(
    concatMap(() =>
      question.pipe(repeat({ delay: () => timer(publishingTime.pauseMs(elapsedMs()), scheduler) })),
    ),
    first((isPublished) => {
      if (isPublished) publishingTime.learn(elapsedMs(), questions);
      return isPublished;
    }),
  );
}

function isUnknownTask(error: unknown): error is RefusedError {
  return error instanceof RefusedError && error.status === 404;
}

function lostTask(index: string, cause: RefusedError): SessionLostError {
  return new SessionLostError(`Algolia no longer knows a task of index ${index} that it had accepted`, {
    cause,
  });
}

type Entry = { written: Written; published: boolean };

/** Writes in the order in which they came, of which the oldest run that is published may go. */
class WaitingWrites {
  readonly #onOldest: ((acceptedAtMs: number | undefined) => void) | undefined;
  readonly #entries: Entry[] = [];

  constructor(onOldest: ((acceptedAtMs: number | undefined) => void) | undefined) {
    this.#onOldest = onOldest;
  }

  /** Undefined when it only moves the position of the last one that waits, which it goes with: positions alone take no room. */
  add(written: Written): Entry | undefined {
    const last = this.#entries.at(-1);
    if (last !== undefined && written.tasks.length === 0) {
      last.written = { ...last.written, position: written.position ?? last.written.position };
      return undefined;
    }
    const entry = { written, published: false };
    if (this.#entries.push(entry) === 1) this.#tell();
    return entry;
  }

  release(entry: Entry): readonly Written[] {
    entry.published = true;
    const kept = this.#entries.findIndex(({ published }) => !published);
    const released = this.#entries.splice(0, kept === -1 ? this.#entries.length : kept);
    if (released.length > 0) this.#tell();
    return released.map(({ written }) => written);
  }

  clear(): void {
    if (this.#entries.splice(0).length > 0) this.#tell();
  }

  #tell(): void {
    this.#onOldest?.(this.#entries[0]?.written.acceptedAtMs);
  }
}
