import { Wal2AlgoliaError } from '../errors.ts';
import { formatLsn, type Lsn } from '../lsn.ts';
import { errorFields } from './error-fields.ts';
import { LagClock } from './lag-clock.ts';
import type { State, Status, Told } from './status.ts';
import { VerifyNews, type VerifyResult } from './verify-status.ts';

type Progress = {
  readonly receivedLsn: Lsn;
  readonly confirmedLsn: Lsn;
  readonly serverLsn: Lsn;
  /** WAL that the server keeps for the slot. */
  readonly retainedBytes: number;
};

type Clock = { readonly epochMs: () => number; readonly monotonicMs: () => number };
const CLOCK: Clock = { epochMs: () => Date.now(), monotonicMs: () => performance.now() };

/** What a pipeline can be held up in, each by itself. */
type Part = 'session' | 'writing' | 'publishing';
/** Where it may have to wait for what passes by itself. */
type Pause = 'publishing' | 'confirming' | 'finishing' | 'status-record';

/** A pipeline that streams but is further behind than this is catching up. */
export const LAG_LIMIT_SECONDS = 30;

/**
 * What is known of one pipeline at this moment. The supervisor writes it; /status, /readyz and /metrics read it; nothing is
 * decided by it.
 */
export class StatusBoard {
  readonly #slot: string;
  readonly #clock: Clock;
  readonly #lag: LagClock;
  #state: State = 'starting';
  #readProgress: (() => Progress) | undefined;
  #progress: Progress | undefined;
  #written = 0;
  #deleted = 0;
  #completeThrough: { readonly lsn: Lsn; readonly atMs: number | undefined } | undefined;
  #oldestUnpublishedAtMs: number | undefined;
  #deadLetters = 0;
  #backfill: Status['backfill'];
  readonly #verify = new VerifyNews();
  readonly #troubles = new Map<Part, Told>();
  readonly #pauses = new Map<Pause, Told>();
  #recovery: Told | undefined;

  constructor(slot: string, clock: Clock = CLOCK) {
    this.#slot = slot;
    this.#clock = clock;
    this.#lag = new LagClock(clock.epochMs);
  }

  /** A session has the slot: what was wrong before is over. `readProgress` is asked until the session ends. */
  streaming(readProgress: () => Progress): void {
    this.#state = 'streaming';
    this.#readProgress = readProgress;
    this.#forget();
    this.look();
  }

  /** There is no session; `error` says why. */
  notStreaming(state: Exclude<State, 'streaming' | 'catching-up'>, error?: unknown): void {
    this.#state = state;
    this.look();
    this.#readProgress = undefined;
    // Who has the slot by now goes on with it.
    this.#backfill = undefined;
    this.#forget();
    this.trouble('session', error);
  }

  /** The session goes on but cannot do this part of its work: it waits. Undefined when that is over. */
  trouble(part: Part, error: unknown): void {
    if (error === undefined) this.#troubles.delete(part);
    else this.#troubles.set(part, told(error));
  }

  /** What is confirmed waits for something that passes by itself: no reason not to be ready, but why it may fall behind. Undefined when that is over. */
  pause(pause: Pause, error: unknown): void {
    if (error === undefined) this.#pauses.delete(pause);
    else this.#pauses.set(pause, told(error));
  }

  /** Rows may be missing until a recovery is finished, whatever happens to sessions; undefined once it is. */
  recovering(error: unknown): void {
    this.#recovery = error === undefined ? undefined : told(error);
  }

  #forget(): void {
    this.#troubles.clear();
    this.#pauses.clear();
  }

  /** Looks where the session stands. To be called about once a second: how long something waits is known from the first look on. */
  look(): void {
    if (this.#readProgress === undefined) return;
    this.#progress = this.#readProgress();
    this.#lag.moved(this.#progress.confirmedLsn >= this.#progress.serverLsn);
  }

  /** One batch is written, published as far as is waited for, and confirmed up to `position` if it has one. */
  written(facts: {
    readonly records: number;
    readonly deleted: number;
    readonly position: { readonly lsn: Lsn; readonly committedAtMicros: bigint | undefined } | undefined;
  }): void {
    this.#written += facts.records - facts.deleted;
    this.#deleted += facts.deleted;
    // What is confirmed was published; whether more can be written is another question.
    this.trouble('publishing', undefined);
    this.pause('publishing', undefined);
    if (facts.position === undefined) return;
    const { lsn, committedAtMicros } = facts.position;
    const committedAtMs = committedAtMicros === undefined ? undefined : Number(committedAtMicros / 1000n);
    this.#lag.confirmed(committedAtMs);
    this.look();
    // A quiet keepalive says that up to its position there is nothing more; the last commit stays the one that it was.
    this.#completeThrough = { lsn, atMs: committedAtMs ?? this.#completeThrough?.atMs };
  }

  /** So many are in the table of dead letters. */
  deadLetters(count: number): void {
    this.#deadLetters = count;
  }

  /** How far the table has come that is being loaded; undefined for none. */
  backfill(progress: NonNullable<Status['backfill']> | undefined): void {
    this.#backfill = progress;
  }

  /** These are the last results. */
  verified(results: readonly VerifyResult[]): void {
    this.#verify.results(results);
  }

  /** What is due, of this table if one is named, could not be compared. */
  verifyTrouble(error: unknown, table?: string): void {
    this.#verify.trouble(told(error), table);
  }

  /** When the oldest write that is not published was accepted, on the clock of `performance.now()`; undefined for none. */
  oldestUnpublished(acceptedAtMs: number | undefined): void {
    this.#oldestUnpublishedAtMs = acceptedAtMs;
  }

  status(): Status {
    this.look();
    const { receivedLsn, confirmedLsn, serverLsn, retainedBytes } = this.#progress ?? {};
    const lagSeconds = this.#progress === undefined ? null : this.#lag.seconds();
    const oldestMs = this.#oldestUnpublishedAtMs;
    const atMs = this.#completeThrough?.atMs;
    const error = [...this.#troubles.values(), ...this.#pauses.values()][0] ?? this.#recovery;
    return {
      state: this.#shownState(lagSeconds),
      slot: {
        name: this.#slot,
        active: this.#readProgress !== undefined,
        confirmedLsn: text(confirmedLsn),
        receivedLsn: text(receivedLsn),
        serverLsn: text(serverLsn),
        lagBytes:
          serverLsn === undefined || confirmedLsn === undefined
            ? null
            : Math.max(0, Number(serverLsn - confirmedLsn)),
        lagSeconds,
        retainedBytes: retainedBytes ?? null,
      },
      records: { written: this.#written, deleted: this.#deleted, deadLetters: this.#deadLetters },
      completeThrough: {
        lsn: text(this.#completeThrough?.lsn),
        at: atMs === undefined ? null : new Date(atMs).toISOString(),
      },
      oldestUnpublishedSeconds:
        oldestMs === undefined ? 0 : Math.max(0, this.#clock.monotonicMs() - oldestMs) / 1000,
      ...(this.#backfill === undefined ? {} : { backfill: this.#backfill }),
      ...this.#verify.status(),
      ...(error === undefined ? {} : { error }),
    };
  }

  #shownState(lagSeconds: number | null): State {
    if (this.#state !== 'streaming') return this.#state;
    if (this.#troubles.size > 0) return 'waiting';
    return lagSeconds !== null && lagSeconds > LAG_LIMIT_SECONDS ? 'catching-up' : 'streaming';
  }
}

function text(lsn: Lsn | undefined): string | null {
  return lsn === undefined ? null : formatLsn(lsn);
}

function told(error: unknown): Told {
  const { code = 'BUG', message, remedy } = errorFields(error, false);
  return {
    code: error instanceof Wal2AlgoliaError ? error.code : code,
    message,
    ...(remedy === undefined ? {} : { remedy }),
  };
}
