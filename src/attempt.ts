import { Observable, type Subscription, tap } from 'rxjs';
import type { Algolia } from './algolia/client.ts';
import type { Unsettled } from './algolia/unsettled.ts';
import { createWriter, type WriterOptions } from './algolia/writer.ts';
import type { Written } from './algolia/written.ts';
import { InitialBackfill, type InitialBackfillEvents } from './backfill/initial-backfill.ts';
import type { Closing } from './completeness/closing.ts';
import { SessionStatus } from './completeness/session-status.ts';
import { SlotNotes, type SlotNotesOptions, tellAll } from './completeness/slot-notes.ts';
import type { OnStatus } from './completeness/status-keeper.ts';
import type { Config } from './config/schema.ts';
import { DeadLetters } from './dead-letters/dead-letters.ts';
import { type GapError, SessionLostError } from './errors.ts';
import { createFinisher, createReaders, type ReadersOptions } from './line-readers.ts';
import { type PipelineEvents, pipeline } from './pipeline.ts';
import { rangedSession } from './replication/ranged-session.ts';
import { openSession, type Session, type SessionOptions } from './replication/session.ts';
import { type Until, WalRange } from './replication/wal-range.ts';
import { type SweepEvents, Sweeper } from './sweep/sweeper.ts';
import { withinMs } from './time-limit.ts';
import { type VerifyEvents, VerifySchedule } from './verify/schedule.ts';

/** A stretch of the past that is read from a copy of another slot, in place of the stream. */
export type Replayed = {
  /** The one that is copied; it stays where it is. */
  readonly slot: string;
  readonly until: Until;
  /** Under which name, in the place of a slot's, what cannot be indexed is set aside. */
  readonly letters: string;
};

export type AttemptOptions = PipelineEvents &
  SweepEvents &
  InitialBackfillEvents &
  VerifyEvents &
  ReadersOptions & {
    readonly config: Config;
    readonly algolia: Algolia;
    readonly session: SessionOptions;
    readonly replayed?: Replayed | undefined;
    readonly stop: Observable<unknown>;
    /** What outlives a session: requests of unknown outcome, until when nothing can come any more. */
    readonly unsettled: Unsettled;
    readonly closing: Closing;
    readonly onOpen: (session: Session, deadLetters: DeadLetters) => void;
    readonly onRetry: NonNullable<WriterOptions['onRetry']>;
    readonly onHold: NonNullable<WriterOptions['onHold']>;
    readonly onStatus: OnStatus;
    readonly onNote: SlotNotesOptions['onNote'];
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
    let reading: readonly { readonly close: () => unknown }[] = [];
    const beside = [new InitialBackfill(options), new VerifySchedule(options)];
    let noting: SlotNotes | undefined;
    const notes: Pick<SlotNotes, 'published' | 'close'>[] = [];
    const stopped = options.stop.subscribe(() => {
      stopping = true;
      for (const each of beside) each.close();
      // Nothing was taken yet: there is nothing to drain.
      if (line === undefined) subscriber.complete();
    });
    const keepers = createKeepers(options);
    const { range, deadLetters, sweeper } = keepers;
    const isOver = (): boolean => stopping || range?.isReached === true;
    const status = createStatus(options);
    const opening = openSession(withStatus(options.session, status)).then((session) => {
      noting = createNotes(options, session);
      return opened(session, { ...keepers, status, noting });
    });
    opening.then(
      (session) => {
        if (subscriber.closed) return;
        const { massRefusals } = options.config.algolia;
        const writer = createWriter({ ...options, massRefusals, fence: session.fence, letters: deadLetters });
        settled = writer.settled;
        const readers = createReaders(options, session, sweeper);
        const finisher = createFinisher(options, readers.lookups);
        reading = [readers.refresher, readers.lookups, finisher];
        options.delivered.from(session.position());
        options.onOpen(session, deadLetters);
        status?.start(session, deadLetters);
        noting?.start();
        for (const each of [noting, status]) if (each !== undefined) notes.push(each);
        const onTransaction = (xid: number): void => options.delivered.add(xid);
        const parts = { ...readers, session, writer, finisher, sweeper, deadLetters, onTransaction };
        line = pipeline({ ...options, ...parts, ignoresOthers: range !== undefined })
          .pipe(tap({ next: (written) => tellAll(notes, written), complete: () => failUnless(isOver()) }))
          .subscribe(subscriber);
        // What a replay writes is in no index of the configuration: nobody sweeps it.
        if (range === undefined) sweeper.start(session.fence);
        // Neither rejects.
        for (const each of beside) void each.run(session);
      },
      (error: unknown) => subscriber.error(error),
    );
    return () => {
      stopped.unsubscribe();
      for (const each of beside) each.close();
      line?.unsubscribe();
      if (line === undefined && stopping) {
        // Nothing was taken: whoever stops need not wait for a connection that is still being made.
        options.onReleased(undefined);
        opening.then((session) => session.close()).catch(() => undefined);
        return;
      }
      for (const part of [sweeper, ...reading, deadLetters]) void part.close();
      const kept = notes.map((each) => each.close());
      release(opening, async () => void (await Promise.all([settled(), ...kept]))).then(
        options.onReleased,
        () => options.onReleased(undefined),
      );
    };
  });
}

type Keepers = {
  readonly range: WalRange | undefined;
  readonly deadLetters: DeadLetters;
  readonly sweeper: Sweeper;
};

type Opening = Keepers & {
  readonly status: SessionStatus | undefined;
  readonly noting: SlotNotes | undefined;
};

/** A replay heeds what the slot of the configuration does, and leaves nothing under its name. */
function createKeepers(options: AttemptOptions): Keepers {
  const { replayed, config, session } = options;
  const kept = replayed === undefined ? session : { url: session.url, slot: replayed.letters };
  const deadLetters = new DeadLetters(kept);
  const floorsOf = config.replication.slot;
  return {
    range: replayed === undefined ? undefined : new WalRange(replayed.until),
    deadLetters,
    sweeper: new Sweeper({ ...options, session: kept, floorsOf, deadLetters }),
  };
}

/** A replay passes nothing that belongs to the slot. */
function createNotes(
  { replayed, onNote, ...options }: AttemptOptions,
  session: Session,
): SlotNotes | undefined {
  const { tables } = options.config;
  if (replayed !== undefined) return undefined;
  return new SlotNotes({ ...options.session, session, tables, onNote });
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

/** What is known of dead letters is read by whoever holds the slot, so that nobody else adds to them meanwhile; the erased, before a row becomes a record. What is written
 * where is told before anybody can take what is confirmed for done. */
async function opened(
  session: Session,
  { range, deadLetters, sweeper, status, noting }: Opening,
): Promise<Session> {
  try {
    await status?.noteGaps(session);
    await deadLetters.open();
    await sweeper.open();
    await noting?.tell();
    return range === undefined ? session : rangedSession(session, range);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** The messages end by themselves when Postgres is shutting down; what was taken is written by then. */
function failUnless(isOver: boolean): void {
  if (!isOver) throw new SessionLostError('Postgres is shutting down');
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
