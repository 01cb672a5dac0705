import {
  catchError,
  concat,
  defer,
  from,
  ignoreElements,
  merge,
  mergeMap,
  type Observable,
  of,
  retry,
  takeUntil,
  takeWhile,
  tap,
  throwError,
  timer,
} from 'rxjs';
import type { Algolia } from './algolia/client.ts';
import { Unsettled } from './algolia/unsettled.ts';
import type { Written } from './algolia/written.ts';
import { type AttemptOptions, attempt, type Replayed } from './attempt.ts';
import { Closing } from './completeness/closing.ts';
import { type StreamedTables, streamedTables } from './config/reference-tables.ts';
import type { Config } from './config/schema.ts';
import { summary } from './dead-letters/summary.ts';
import {
  ShutdownDeadlineError,
  UnavailableError,
  UnknownTypeError,
  type Wal2AlgoliaError,
} from './errors.ts';
import { asOurs, recoveryOf } from './failure-policy.ts';
import { formatLsn } from './lsn.ts';
import { aborted } from './operators/aborted.ts';
import { DeliveredTransactions } from './refresh/delivered.ts';
import type { SlotMemory } from './replication/slot-memory.ts';
import type { OwnPosition, WantedStart } from './replication/start-position.ts';
import { startChecks } from './start-checks.ts';
import { backfillEvents } from './telemetry/backfill-events.ts';
import type { Logger } from './telemetry/logger.ts';
import type { Metrics } from './telemetry/metrics.ts';
import { noteEvents } from './telemetry/note-events.ts';
import { retryEvents } from './telemetry/retry-events.ts';
import type { StatusBoard } from './telemetry/status-board.ts';
import { sweepEvents } from './telemetry/sweep-events.ts';
import { verifyEvents } from './telemetry/verify-events.ts';

const BACKOFF_BASE_MS = 100;
const BACKOFF_MAX_MS = 10_000;
/** How often a standby asks for the slot, give or take half, so that several do not ask as one. */
const STANDBY_INTERVAL_MS = 1_000;
const DRAINED = Symbol('drained');
const HELD = 'confirmations wait: a late copy of an earlier request may still change a record';

export type SupervisorOptions = {
  readonly config: Config;
  readonly algolia: Algolia;
  readonly board: StatusBoard;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Aborted, the pipeline drains; never without one. */
  readonly signal?: AbortSignal | undefined;
  /** Where to begin; default: where the slot stands. */
  readonly start?: WantedStart | undefined;
  /** Ends with a stretch of the past, in place of streaming until it is told to stop. */
  readonly replayed?: (Replayed & { readonly streamed: StreamedTables }) | undefined;
  readonly random?: () => number;
  /** Default: one that waits long enough for Algolia. */
  readonly unsettled?: Unsettled;
};

/**
 * Keeps one pipeline going for as long as it makes sense: a new session for every error that a new session can mend, and none for
 * the others. Emits every batch as it is confirmed. Completes when stopped and drained; errors with a Wal2AlgoliaError, with
 * everything closed either way.
 */
export function supervise(options: SupervisorOptions): Observable<Written> {
  return defer(() => new Supervisor(options).run());
}

class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #check: ReturnType<typeof startChecks>;
  readonly #stop: Observable<unknown>;
  /** What outlives a session. */
  readonly #lasting: Pick<AttemptOptions, 'unsettled' | 'delivered' | 'closing'>;
  #own: OwnPosition | undefined;
  readonly #memory: SlotMemory = { last: undefined };
  #released: Promise<void> = Promise.resolve();
  #reason = 'start';
  #told: string | undefined;
  readonly #noteEvents: ReturnType<typeof noteEvents>;
  /** OIDs that a relation named and the catalog of its session did not have. */
  readonly #askedTypes = new Set<number>();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#check = startChecks(options.config, options.algolia, (notice) =>
      options.logger.warn({ notice }, 'look at this'),
    );
    this.#stop = aborted(options.signal);
    this.#noteEvents = noteEvents(options.logger, options.board);
    const { unsettled = new Unsettled() } = options;
    this.#lasting = { unsettled, delivered: new DeliveredTransactions(), closing: new Closing() };
  }

  run(): Observable<Written> {
    const { config, board } = this.#options;
    const released = defer(() => this.#released).pipe(ignoreElements());
    const sessions = defer(() => this.#attempt()).pipe(
      retry({ delay: (error: unknown, count) => this.#recover(asOurs(error), count), resetOnSuccess: true }),
      catchError((error: unknown) =>
        concat(
          released,
          throwError(() => error),
        ),
      ),
    );
    const deadline = this.#stop.pipe(
      mergeMap(() => timer(config.shutdownMs)),
      mergeMap(() => throwError(() => deadlinePassed(config.shutdownMs))),
    );
    return merge(concat(sessions, released, of(DRAINED)), deadline).pipe(
      takeWhile((batch): batch is Written => batch !== DRAINED),
      tap({
        error: (error: unknown) => board.notStreaming('stopped', error),
        complete: () => board.notStreaming('stopped'),
      }),
    );
  }

  #attempt(): Observable<Written> {
    const { config, algolia, board, metrics, logger, start, replayed } = this.#options;
    let release: () => void = () => undefined;
    this.#released = new Promise((resolve) => {
      release = resolve;
    });
    return attempt({
      config,
      algolia,
      stop: this.#stop,
      ...retryEvents(logger, metrics, board),
      ...sweepEvents(logger, metrics, board),
      ...backfillEvents(logger, board),
      ...verifyEvents(logger, board),
      ...this.#noteEvents,
      ...this.#lasting,
      replayed,
      session: {
        url: config.postgres.url.reveal(),
        ...config.replication,
        publications: config.replication.publication,
        ...(replayed?.streamed ?? streamedTables(config)),
        ...(replayed === undefined ? {} : { slot: replayed.slot, copied: true }),
        own: this.#own,
        start,
        memory: this.#memory,
        onPassedGap: (gap) => {
          this.#lasting.delivered.forget();
          logger.warn({ error: gap }, 'going on after a gap');
        },
        askedTypes: this.#askedTypes,
        beforeStart: this.#check,
      },
      onOpen: (session, deadLetters) => {
        logger.info({ slot: config.replication.slot, lsn: formatLsn(session.startLsn) }, 'streaming');
        metrics.sessionOpened(this.#reason);
        this.#told = undefined;
        board.streaming(session.progress);
        board.deadLetters(deadLetters.count);
        if (deadLetters.obstacle !== undefined) logger.warn({ error: deadLetters.obstacle }, 'look at this');
      },
      onAccepted: (batch) => {
        board.trouble('writing', undefined);
        if (batch.records > 0) metrics.batchWritten(batch);
      },
      onInFlight: (bytes) => metrics.inFlight(bytes),
      onSetAside: (letters, count) => {
        for (const facts of summary(letters)) logger.warn(facts, 'records are set aside as dead letters');
        metrics.setAside(letters);
        board.deadLetters(count);
      },
      onUnanswered: ({ attempt, error, delayMs, waits }) => {
        const message = waits
          ? 'waiting: the index does not say what is published'
          : 'the index will be asked again what is published';
        logger.warn({ attempt, delayMs, error }, message);
        if (waits) board.trouble('publishing', error);
        else board.pause('publishing', error);
      },
      onHold: (ms) => this.#pause('confirming', ms === undefined ? undefined : HELD, { ms }),
      onUnfinished: (reason) => this.#pause('finishing', reason),
      onIgnored: (reason) => logger.warn({ reason }, 'a request to refresh is ignored'),
      onWaiting: (xid) => logger.warn({ xid }, 'rows are read again once this transaction is visible'),
      onOldest: (acceptedAtMs) => board.oldestUnpublished(acceptedAtMs),
      onReleased: (session) => {
        this.#own = session?.position() ?? this.#own;
        release();
      },
    }).pipe(tap((batch) => board.written(batch)));
  }

  /** Told with a text when it begins, and without one when it is over. */
  #pause(pause: 'confirming' | 'finishing', text: string | undefined, facts = {}): void {
    const { board, logger } = this.#options;
    board.pause(pause, text === undefined ? undefined : new UnavailableError(text));
    if (text !== undefined) logger.warn(facts, text);
  }

  /** Emits once when the next session may be tried; completes without when stopped meanwhile. */
  #recover(error: Wal2AlgoliaError, count: number): Observable<unknown> {
    const { board, logger, random = Math.random } = this.#options;
    const { action } = recoveryOf(error);
    if (action === 'stop' || action === 'set-aside') return throwError(() => error);
    if (this.#options.signal?.aborted) return throwError(() => drainLost(error));
    if (error instanceof UnknownTypeError) this.#askedTypes.add(error.typeOid);
    const standby = action === 'standby';
    board.notStreaming(standby ? 'standby' : 'waiting', error);
    // The same news is told once, however often it is heard.
    if (this.#told !== error.message) logger.warn({ error }, standby ? 'standing by' : 'session ended');
    this.#told = error.message;
    this.#reason = error.code;
    const delayMs = standby
      ? STANDBY_INTERVAL_MS * (0.5 + random())
      : random() * Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** Math.min(count, 20));
    return from(this.#released).pipe(
      mergeMap(() => timer(action === 'reopen' ? 0 : delayMs)),
      takeUntil(this.#stop),
    );
  }
}

/** A stop that comes while nothing is read has nothing to lose; a session that ends during the drain has. */
function drainLost(cause: Wal2AlgoliaError): ShutdownDeadlineError {
  return new ShutdownDeadlineError(
    'the session ended before everything that was read was written and confirmed',
    { cause, remedy: 'Start again: nothing is lost, unconfirmed rows are sent again.' },
  );
}

function deadlinePassed(shutdownMs: number): ShutdownDeadlineError {
  return new ShutdownDeadlineError(
    `what was read could not be written and confirmed within ${shutdownMs} ms`,
    {
      remedy:
        'Start again when Algolia answers: nothing is lost, unconfirmed rows are sent again. Or raise `shutdownMs`.',
    },
  );
}
