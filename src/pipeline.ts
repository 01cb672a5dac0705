import { concatMap, defer, map, Observable, of, takeUntil, tap } from 'rxjs';
import type { Algolia } from './algolia/client.ts';
import { persistent, type RetryOptions } from './algolia/persistence.ts';
import { published } from './algolia/publication.ts';
import type { Writer } from './algolia/writer.ts';
import type { Accepted, Task, Written } from './algolia/written.ts';
import type { Config } from './config/schema.ts';
import type { DeadLetter } from './dead-letters/dead-letter.ts';
import type { DeadLetters } from './dead-letters/dead-letters.ts';
import type { Finisher } from './drafts/finisher.ts';
import type { Lookups } from './lookups/lookups.ts';
import { alongside } from './operators/alongside.ts';
import { batch } from './operators/batch.ts';
import { InFlight } from './operators/in-flight.ts';
import { inParts } from './operators/in-parts.ts';
import { isDraft, isOperation, requestBytes, type Step } from './records/operations.ts';
import { partsBeforeRefresh, partsOf } from './records/parts.ts';
import { refreshSteps } from './records/refresh-message.ts';
import { Slab } from './records/slab.ts';
import { steps } from './records/steps.ts';
import type { Refresher } from './refresh/refresher.ts';
import type { Session } from './replication/session.ts';
import type { Sweeper } from './sweep/sweeper.ts';

/** What a step holds in memory beside its bytes: its own object and its share of arrays and maps. */
const STEP_OVERHEAD_BYTES = 200;
/** One under way, one ready, one being read: what lies further ahead makes nothing faster, and Postgres keeps it just as well. */
const BATCHES_AHEAD = 3;

/** For those who watch; nothing on the line depends on them. */
export type PipelineEvents = {
  readonly onAccepted: (batch: Written & { readonly seconds: number }) => void;
  readonly onInFlight: (bytes: number) => void;
  readonly onOldest: (acceptedAtMs: number | undefined) => void;
  /** A message that asked something of us is not heeded, for this reason. */
  readonly onIgnored: (reason: string) => void;
  /** These are in the table of dead letters now, which holds `count` in all. */
  readonly onSetAside: (letters: readonly DeadLetter[], count: number) => void;
  /** What has to be set aside cannot be, and will be tried again. */
  readonly onUnwritable: NonNullable<RetryOptions['onRetry']>;
  /** It was asked in vain whether a write is published, and will be again. */
  readonly onUnanswered: NonNullable<RetryOptions['onRetry']>;
};

export type PipelineOptions = PipelineEvents & {
  readonly session: Session;
  readonly writer: Writer;
  readonly refresher: Refresher;
  readonly finisher: Finisher;
  readonly lookups: Pick<Lookups, 'byName'>;
  /** Keeps rows out of the index, and takes out what must not be there. */
  readonly sweeper: Pick<Sweeper, 'exclusions' | 'wishes' | 'erasureAsked'>;
  readonly deadLetters: DeadLetters;
  /** Told of every transaction that the stream delivers. */
  readonly onTransaction: (xid: number) => void;
  readonly algolia: Algolia;
  readonly config: Pick<Config, 'tables' | 'batch' | 'memory' | 'algolia'>;
  /** Changes of tables that are not configured are passed over; default: they are an error. */
  readonly ignoresOthers?: boolean;
  /** Its first value stops the intake: what was taken is still written, published and confirmed. */
  readonly stop: Observable<unknown>;
};

/**
 * The straight line, from what the walsender sends to the position that it may forget. One ordered stream carries changes, commits
 * and keepalives, and a position is confirmed because it comes out behind the writes before it; nothing else confirms. Emits what
 * was confirmed, batch by batch; completes once drained, errors with the first failure, and confirms no more then.
 */
export function pipeline({
  session,
  writer,
  refresher,
  finisher,
  lookups: { byName: lookups },
  sweeper,
  deadLetters,
  algolia,
  config,
  stop,
  onTransaction,
  ignoresOthers = false,
  ...events
}: PipelineOptions): Observable<Written> {
  const { recordBytesMax, confirmAfter } = config.algolia;
  const { tables } = config;
  const { types, bindings, passedOver } = session;
  const { exclusions, wishes } = sweeper;
  const inFlightBytesMax = Math.min(config.memory.inFlightBytesMax, BATCHES_AHEAD * config.batch.bytesMax);
  const inFlight = new InFlight(session, inFlightBytesMax, events.onInFlight);
  const slab = new Slab();
  const setBack = writer.setBack.pipe(map((keys) => refreshSteps(keys, tables, recordBytesMax)));
  const wished = new Observable<readonly Step[]>((line) => wishes.connect((some) => line.next(some)));
  const write = (steps: readonly Step[]): Observable<Written> =>
    writer.write(steps).pipe(concatMap((accepted) => setAside(accepted, session, deadLetters, events)));
  return session.messages.pipe(
    takeUntil(stop),
    steps({
      tables,
      types,
      bindings,
      passedOver,
      recordBytesMax,
      slab,
      lookups,
      exclusions,
      onErasure: () => sweeper.erasureAsked(),
      onTransaction,
      ignoresOthers,
      onIgnored: (reason, table) => {
        events.onIgnored(reason);
        if (table !== undefined) refresher.ignored(table, reason);
      },
    }),
    alongside<readonly Step[]>(setBack),
    alongside<readonly Step[]>(wished),
    inFlight.enter(memoryBytes),
    batch({ weigh: requestBytes, ...config.batch }, (taken) => {
      const startedAtMs = performance.now();
      const tasks: Task[] = [];
      return withRows(taken, refresher, (rows) => withoutDrafts(rows, finisher, write)).pipe(
        inFlight.leave(() => memoryBytes(taken)),
        tap({ complete: () => release(slab, taken) }),
        tap((written) => {
          tasks.push(...written.tasks);
          events.onAccepted({ ...written, seconds: (performance.now() - startedAtMs) / 1_000 });
        }),
        tap({ complete: () => wishes.accepted(taken, tasks) }),
      );
    }),
    published({
      isPublished: algolia.isPublished,
      confirmAfter,
      onOldest: events.onOldest,
      onRetry: events.onUnanswered,
    }),
    tap(({ position }) => {
      if (position !== undefined) session.confirm(position.lsn);
    }),
  );
}

type Write = (steps: readonly Step[]) => Observable<Written>;

/** Rows take the place of refreshes, all at once unless they are too large for that: then what is before the first that is left is written before that is read. */
function withRows(steps: readonly Step[], refresher: Refresher, write: Write): Observable<Written> {
  if (!refresher.concerns(steps)) return write(steps);
  return inParts(steps, async (some) => partsBeforeRefresh(await refresher.resolve(some)), write);
}

/** All at once, unless drafts become more than may be held: then one part is written, and what is wrong with it set aside, before the next is finished. */
function withoutDrafts(steps: readonly Step[], finisher: Finisher, write: Write): Observable<Written> {
  if (!finisher.concerns(steps)) return write(steps);
  return inParts(steps, async (some) => partsOf(await finisher.finish(some)), write);
}

/** What cannot be indexed is durable before anything behind it can be confirmed; whoever lost the slot must not touch it. */
function setAside(
  { letters, ...written }: Accepted,
  session: Pick<Session, 'fence'>,
  deadLetters: DeadLetters,
  { onSetAside, onUnwritable }: PipelineEvents,
): Observable<Written> {
  if (letters.settled.length + letters.emptied.length + letters.setAside.length === 0) return of(written);
  return defer(async () => {
    await session.fence();
    await deadLetters.apply(letters);
    onSetAside(letters.setAside, deadLetters.count);
    return written;
  }).pipe(persistent({ onRetry: onUnwritable }));
}

/** Steps are accepted in the order in which they were written, so all before the last one are done with as well. */
function release(slab: Slab, accepted: readonly Step[]): void {
  const last = accepted.findLast((step) => isOperation(step) || isDraft(step));
  if (last !== undefined) slab.release(last.bytes);
}

function memoryBytes(taken: readonly Step[]): number {
  let bytes = 0;
  for (const step of taken) bytes += requestBytes(step) + STEP_OVERHEAD_BYTES;
  return bytes;
}
