import { Observable, type Subscription, tap } from 'rxjs';
import type { Algolia } from './algolia/client.ts';
import type { Unsettled } from './algolia/unsettled.ts';
import { createWriter, type WriterOptions } from './algolia/writer.ts';
import type { Written } from './algolia/written.ts';
import { InitialBackfill, type InitialBackfillEvents } from './backfill/initial-backfill.ts';
import type { Closing } from './completeness/closing.ts';
import { SessionStatus } from './completeness/session-status.ts';
import type { OnStatus } from './completeness/status-keeper.ts';
import type { Config } from './config/schema.ts';
import { DeadLetters } from './dead-letters/dead-letters.ts';
import { Finisher, type FinisherOptions } from './drafts/finisher.ts';
import { type GapError, SessionLostError } from './errors.ts';
import { Lookups } from './lookups/lookups.ts';
import { type PipelineEvents, pipeline } from './pipeline.ts';
import type { DeliveredTransactions } from './refresh/delivered.ts';
import { Refresher } from './refresh/refresher.ts';
import { openSession, type Session, type SessionOptions } from './replication/session.ts';
import { type SweepEvents, Sweeper } from './sweep/sweeper.ts';
import { withinMs } from './time-limit.ts';

export type AttemptOptions = PipelineEvents &
  SweepEvents &
  InitialBackfillEvents & {
    readonly config: Config;
    readonly algolia: Algolia;
    readonly session: SessionOptions;
    readonly stop: Observable<unknown>;
    /** What outlives a session: requests of unknown outcome, transactions that may not be visible yet, until when nothing can come any more. */
    readonly unsettled: Unsettled;
    readonly delivered: DeliveredTransactions;
    readonly closing: Closing;
    /** A refresh waits for this transaction. */
    readonly onWaiting: (xid: number) => void;
    readonly onUnfinished: NonNullable<FinisherOptions['onWaiting']>;
    readonly onOpen: (session: Session, deadLetters: DeadLetters) => void;
    readonly onRetry: NonNullable<WriterOptions['onRetry']>;
    readonly onHold: NonNullable<WriterOptions['onHold']>;
    readonly onStatus: OnStatus;
    /** Called once when nothing of the attempt is open or under way any more, with the session if there was one. */
    readonly onReleased: (session: Session | undefined) => void;
  };

/** How long a request that is under way may keep the slot from the next holder; Postgres may be waiting to shut down. */
const SETTLE_MAX_MS = 2_000;

/**
 * One session from its opening to its release, and the pipeline on it. Emits what the pipeline does; completes after a drain that
 * was asked for, and errors with everything else that ends a session. Unsubscribed, it lets go of everything; requests to Algolia
 * cannot be recalled, so it counts as released only when the last of them is answered.
 */
export function attempt(options: AttemptOptions): Observable<Written> {
  return new Observable((subscriber) => {
    let stopping = false;
    let line: Subscription | undefined;
    let settled = async (): Promise<void> => undefined;
    let refresher: Refresher | undefined;
    let lookups: Lookups | undefined;
    let finisher: Finisher | undefined;
    const initial = new InitialBackfill(options);
    const stopped = options.stop.subscribe(() => {
      stopping = true;
      initial.close();
      // Nothing was taken yet: there is nothing to drain.
      if (line === undefined) subscriber.complete();
    });
    const deadLetters = new DeadLetters(options.session);
    const sweeper = new Sweeper({ ...options, deadLetters });
    const status = createStatus(options);
    const opening = openSession(withStatus(options.session, status)).then(async (session) => {
      await status?.noteGaps(session);
      return await opened(session, deadLetters, sweeper);
    });
    opening.then(
      (session) => {
        if (subscriber.closed) return;
        const { massRefusals } = options.config.algolia;
        const writer = createWriter({ ...options, massRefusals, fence: session.fence, letters: deadLetters });
        settled = writer.settled;
        const readers = createReaders(options, session, sweeper);
        ({ refresher, lookups } = readers);
        finisher = createFinisher(options, readers.lookups);
        options.onOpen(session, deadLetters);
        status?.start(session, deadLetters);
        const onTransaction = (xid: number): void => options.delivered.add(xid);
        const parts = { ...readers, session, writer, finisher, sweeper, deadLetters, onTransaction };
        line = pipeline({ ...options, ...parts })
          .pipe(tap({ next: (written) => status?.published(written), complete: () => failUnless(stopping) }))
          .subscribe(subscriber);
        sweeper.start(session.fence);
        // It never rejects.
        void initial.run(session);
      },
      (error: unknown) => subscriber.error(error),
    );
    return () => {
      stopped.unsubscribe();
      initial.close();
      line?.unsubscribe();
      if (line === undefined && stopping) {
        // Nothing was taken: whoever stops need not wait for a connection that is still being made.
        options.onReleased(undefined);
        opening.then((session) => session.close()).catch(() => undefined);
        return;
      }
      void sweeper.close();
      void refresher?.close();
      void lookups?.close();
      finisher?.close();
      void deadLetters.close();
      const told = status?.close();
      release(opening, async () => void (await Promise.all([settled(), told]))).then(options.onReleased, () =>
        options.onReleased(undefined),
      );
    };
  });
}

/** Undefined where none is kept. */
function createStatus(options: AttemptOptions): SessionStatus | undefined {
  const { statusIndex } = options.config.algolia;
  const { url } = options.session;
  return statusIndex === undefined ? undefined : new SessionStatus({ ...options, statusIndex, url });
}

function withStatus(session: SessionOptions, status: SessionStatus | undefined): SessionOptions {
  if (status === undefined) return session;
  const onPassedGap = (gap: GapError): void => {
    session.onPassedGap?.(gap);
    status.passedGap(gap);
  };
  return { ...session, onPassedGap };
}

/** What is known of dead letters is read by whoever holds the slot, so that nobody else adds to them meanwhile; the erased, before a row becomes a record. */
async function opened(session: Session, deadLetters: DeadLetters, sweeper: Sweeper): Promise<Session> {
  try {
    await deadLetters.open();
    await sweeper.open();
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

type Readers = { readonly refresher: Refresher; readonly lookups: Lookups };

/** Names are read behind what the refresher has seen to be visible; rows that it reads have names. */
function createReaders(options: AttemptOptions, session: Session, sweeper: Sweeper): Readers {
  const lookups: Lookups = new Lookups({
    url: options.session.url,
    lookups: options.config.lookups,
    whenVisible: () => refresher.whenVisible(),
  });
  const refresher = createRefresher(options, session, lookups, sweeper);
  return { refresher, lookups };
}

function createRefresher(
  options: AttemptOptions,
  session: Session,
  { byName: lookups }: Lookups,
  { exclusions }: Sweeper,
): Refresher {
  const { config, delivered, onWaiting, onIgnored } = options;
  const { tables } = config;
  const { recordBytesMax } = config.algolia;
  const { publications, url } = options.session;
  const { serverVersion, bindings, types } = session;
  return new Refresher({
    url,
    serverVersion,
    publications: options.session.plugin === 'pgoutput' ? publications : [],
    bindings,
    tables,
    types,
    recordBytesMax,
    bytesMax: config.batch.bytesMax,
    lookups,
    exclusions,
    delivered,
    onWaiting,
    onIgnored,
  });
}

function createFinisher({ config, onUnfinished: onWaiting }: AttemptOptions, lookups: Lookups): Finisher {
  const { tables, algolia, batch } = config;
  const { recordBytesMax } = algolia;
  return new Finisher({ tables, recordBytesMax, bytesMax: batch.bytesMax, lookups, onWaiting });
}

/** The messages end by themselves when Postgres is shutting down; what was taken is written by then. */
function failUnless(stopping: boolean): void {
  if (!stopping) throw new SessionLostError('Postgres is shutting down');
}

async function release(
  opening: Promise<Session>,
  settled: () => Promise<void>,
): Promise<Session | undefined> {
  const session = await opening.catch(() => undefined);
  // First the requests, then the slot: whoever gets it next should write behind them.
  await withinMs(SETTLE_MAX_MS, settled());
  await session?.close();
  await settled();
  return session;
}
