import { performance } from 'node:perf_hooks';
import {
  asyncScheduler,
  concat,
  concatMap,
  defer,
  EMPTY,
  filter,
  from,
  interval,
  map,
  mergeMap,
  type Observable,
  tap,
  timer,
  toArray,
} from 'rxjs';
import type { Step } from '../records/operations.ts';
import { type Action, type Batch, type IndexWork, toBatch } from './batch-work.ts';
import type { Algolia } from './client.ts';
import { HeldPosition } from './held-position.ts';
import { removeTable } from './removal.ts';
import { type RequestOptions, Requests } from './requests.ts';
import { Unsettled, type UnsettledKey } from './unsettled.ts';
import type { Task, Written } from './written.ts';

export type WriterOptions = RequestOptions & {
  readonly algolia: Pick<Algolia, 'batch' | 'browse' | 'isPublished'>;
  /** Records in requests of unknown outcome, of earlier sessions as well. */
  readonly unsettled?: Unsettled | undefined;
  readonly nowMs?: (() => number) | undefined;
  /** Told when positions begin to wait, for so long at the least. */
  readonly onHold?: ((ms: number) => void) | undefined;
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
  /** Records that a late copy of a request may have set back, and that are to be refreshed now; never completes. */
  readonly setBack: Observable<readonly UnsettledKey[]>;
};

/** Indexes of one batch that are written at the same time. */
const INDEXES_AT_ONCE = 8;
/** How often is looked for records whose time is up. */
const LOOK_INTERVAL_MS = 500;

export function createWriter(options: WriterOptions): Writer {
  const { nowMs = () => performance.now(), unsettled = new Unsettled() } = options;
  const { scheduler = asyncScheduler, onHold } = options;
  const requests = new Requests(options, {
    onUnknown: (index, actions) => unsettled.add(index, actions, nowMs()),
    waitMs: (index) => unsettled.clearingInMs(index, nowMs()),
  });
  const held = new HeldPosition(unsettled, onHold);
  unsettled.askAgain();

  function writeIndex({ index, truncations, actions }: IndexWork): Observable<Task> {
    return defer(() => {
      const settle = unsettled.writing(index, truncations);
      const removals = truncations.map(({ table, prefix = '' }) =>
        removeTable({
          ...options,
          onRetry: (retry) => options.onRetry?.({ ...retry, index }),
          index,
          table,
          prefix,
          write: (deletions) => requests.write(index, deletions),
        }),
      );
      return concat(...removals, writeActions(index, actions)).pipe(tap({ complete: settle }));
    });
  }

  /** A removal before it may have left deletions of unknown outcome, of records that are written here. */
  function writeActions(index: string, actions: readonly Action[]): Observable<Task> {
    if (actions.length === 0) return EMPTY;
    return defer(() => {
      const settle = unsettled.writing(index, actions);
      return requests.write(index, actions).pipe(tap({ complete: settle }));
    });
  }

  function accept({ work, unchanged, position, bytes }: Batch, tasks: readonly Task[]): Written {
    for (const each of unchanged) unsettled.writing(each.index, [each])();
    return { position: held.pass(position, nowMs()), bytes, ...counts(work), tasks, acceptedAtMs: nowMs() };
  }

  return {
    write: (steps) =>
      defer(() => {
        const batch = toBatch(steps);
        const written = from(batch.work).pipe(
          mergeMap(writeIndex, INDEXES_AT_ONCE),
          toArray(),
          map((tasks) => accept(batch, tasks)),
        );
        const waitMs = unsettled.isFull ? (unsettled.dueInMs(nowMs()) ?? 0) : 0;
        return waitMs === 0 ? written : timer(waitMs, scheduler).pipe(concatMap(() => written));
      }),
    settled: () => requests.settled(),
    setBack: interval(LOOK_INTERVAL_MS, scheduler).pipe(
      map(() => unsettled.due(nowMs())),
      filter((keys) => keys.length > 0),
    ),
  };
}

function counts(work: readonly IndexWork[]): Pick<Written, 'records' | 'deleted'> {
  let records = 0;
  let deleted = 0;
  for (const { actions } of work) {
    for (const { kind } of actions) {
      if (kind !== 'truncate') records += 1;
      if (kind === 'delete') deleted += 1;
    }
  }
  return { records, deleted };
}
