import { performance } from 'node:perf_hooks';
import {
  asyncScheduler,
  concatMap,
  defer,
  filter,
  from,
  interval,
  map,
  mergeMap,
  type Observable,
  timer,
  toArray,
} from 'rxjs';
import { isOperation, type Step } from '../records/operations.ts';
import { type Batch, type IndexWork, toBatch } from './batch-work.ts';
import type { Algolia } from './client.ts';
import { HeldPosition, type OnHold } from './held-position.ts';
import { indexWriter, tasksOf } from './index-writer.ts';
import type { Outcome } from './isolation.ts';
import { type KnownLetters, letterChanges } from './letters.ts';
import { type RequestOptions, Requests } from './requests.ts';
import { Unsettled, type UnsettledKey } from './unsettled.ts';
import type { Accepted } from './written.ts';

export type WriterOptions = RequestOptions & {
  readonly algolia: Pick<Algolia, 'batch' | 'browse' | 'isPublished'>;
  /** Records in requests of unknown outcome, of earlier sessions as well. */
  readonly unsettled?: Unsettled | undefined;
  readonly nowMs?: (() => number) | undefined;
  /** Which records have dead letters, as far as is known. */
  readonly letters?: KnownLetters | undefined;
  /** What is done when so many records are refused that it can hardly be the records; default: wait. */
  readonly massRefusals?: 'wait' | 'set-aside' | undefined;
  readonly onHold?: OnHold | undefined;
};

export type Writer = {
  /**
   * Writes one batch when subscribed, and emits once when all of it is accepted but for the records that are refused by themselves. What
   * is transient, and what somebody has to mend, is tried again until unsubscribed; a fence that rejects is an error. Subscribe to one at
   * a time: that keeps changes of a record in order.
   */
  write(steps: readonly Step[]): Observable<Accepted>;
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
  const writeIndex = indexWriter(options, requests, unsettled);
  const held = new HeldPosition(unsettled, onHold);
  unsettled.askAgain();

  function accept(batch: Batch, outcomes: readonly Outcome[]): Accepted {
    const { unchanged, unfit, position, bytes } = batch;
    for (const { index, objectID } of [...unchanged, ...unfit])
      if (objectID !== undefined) unsettled.writing(index, [{ kind: 'unchanged', index, objectID }])();
    return {
      position: held.pass(position, nowMs()),
      bytes,
      ...counts(batch.work, outcomes),
      tasks: tasksOf(outcomes),
      letters: letterChanges(batch, outcomes, options.letters),
      acceptedAtMs: nowMs(),
    };
  }

  return {
    write: (steps) =>
      defer(() => {
        const batch = toBatch(steps);
        const written = from(batch.work).pipe(
          mergeMap(writeIndex, INDEXES_AT_ONCE),
          toArray(),
          map((outcomes) => accept(batch, outcomes.flat())),
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

function counts(
  work: readonly IndexWork[],
  outcomes: readonly Outcome[],
): Pick<Accepted, 'records' | 'deleted'> {
  let records = 0;
  let deleted = 0;
  for (const { actions } of work) {
    for (const action of actions) {
      if (isOperation(action)) records += 1;
      if (action.kind === 'delete') deleted += 1;
    }
  }
  for (const outcome of outcomes) {
    if (outcome.kind === 'accepted') continue;
    records -= 1;
    if (outcome.operation.kind === 'delete') deleted -= 1;
  }
  return { records, deleted };
}
