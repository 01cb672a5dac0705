import {
  asyncScheduler,
  Observable,
  type OperatorFunction,
  type SchedulerLike,
  type Subscription,
} from 'rxjs';

export type BatchLimits<T> = {
  /** An item's weight in bytes; items of weight 0 ride along and count for no limit. */
  readonly weigh: (item: T) => number;
  readonly recordsMax: number;
  readonly bytesMax: number;
  /** How long an incomplete batch may wait for more although `write` is free. 0 sends it at once, except under load. */
  readonly lingerMs: number;
};

/**
 * So much that waits is load: more is about to come, and a request costs both sides more than this wait. What comes row by row
 * never gets there.
 */
const LOAD_BYTES = 100_000;
const LOAD_LINGER_MS = 20;

/**
 * Self-clocking batches, in order, one `write` at a time: while one runs, the next batch gathers what comes in; when it completes,
 * that goes on its way, up to the limits. A single item above `bytesMax` makes a batch of its own. On completion of the
 * source everything left is written; on an error it is discarded. What waits is unbounded here: bound it at the source.
 */
export function batch<T, R>(
  limits: BatchLimits<T>,
  write: (items: readonly T[]) => Observable<R>,
  scheduler: SchedulerLike = asyncScheduler,
): OperatorFunction<readonly T[], R> {
  return (source) =>
    new Observable<R>((subscriber) => {
      const pending = new PendingItems(limits);
      let writing = false;
      let completed = false;
      let linger: Subscription | undefined;

      const writeNext = (): void => {
        linger?.unsubscribe();
        linger = undefined;
        writing = true;
        subscriber.add(
          write(pending.take()).subscribe({
            next: (result) => subscriber.next(result),
            error: (error: unknown) => subscriber.error(error),
            complete: () => {
              writing = false;
              advance();
            },
          }),
        );
      };

      const advance = (): void => {
        if (writing || subscriber.closed) return;
        if (pending.isEmpty) {
          if (completed) subscriber.complete();
        } else if (completed || pending.lingerMs === 0) {
          writeNext();
        } else {
          linger ??= scheduler.schedule(() => {
            if (!writing) writeNext();
          }, pending.lingerMs);
        }
      };

      subscriber.add(
        source.subscribe({
          next: (items) => {
            pending.add(items);
            advance();
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            completed = true;
            advance();
          },
        }),
      );
      subscriber.add(() => linger?.unsubscribe());
    });
}

/** Items that wait, with their weight kept as they come and go. */
class PendingItems<T> {
  readonly #limits: BatchLimits<T>;
  #items: T[] = [];
  #records = 0;
  #bytes = 0;

  constructor(limits: BatchLimits<T>) {
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** How long they may wait for more. */
  get lingerMs(): number {
    const { recordsMax, bytesMax, lingerMs } = this.#limits;
    const isFull = this.#records >= recordsMax || this.#bytes >= bytesMax;
    if (isFull || this.#records === 0) return 0;
    return lingerMs === 0 && this.#bytes >= LOAD_BYTES ? LOAD_LINGER_MS : lingerMs;
  }

  add(items: readonly T[]): void {
    for (const item of items) {
      const bytes = this.#limits.weigh(item);
      if (bytes > 0) this.#records += 1;
      this.#bytes += bytes;
      this.#items.push(item);
    }
  }

  /** The longest run from the front within the limits, but at least one item. */
  take(): readonly T[] {
    const { weigh, recordsMax, bytesMax } = this.#limits;
    let records = 0;
    let bytes = 0;
    let count = 0;
    for (const item of this.#items) {
      const weight = weigh(item);
      if (weight > 0 && records > 0 && (records + 1 > recordsMax || bytes + weight > bytesMax)) break;
      if (weight > 0) records += 1;
      bytes += weight;
      count += 1;
    }
    const taken = count === this.#items.length ? this.#items : this.#items.splice(0, count);
    if (taken === this.#items) this.#items = [];
    this.#records -= records;
    this.#bytes -= bytes;
    return taken;
  }
}
