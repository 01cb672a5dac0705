import { backoffMs } from '../algolia/backoff.ts';
import type { Algolia } from '../algolia/client.ts';
import type { Written } from '../algolia/written.ts';
import type { Config } from '../config/schema.ts';
import type { WholeBackfill } from '../database/own-tables/backfill-list.ts';
import type { Coverage, CoverageTable, LetterRange } from '../database/own-tables/coverage-table.ts';
import type { DeadLetters } from '../dead-letters/dead-letters.ts';
import { GapError, SessionLostError } from '../errors.ts';
import type { Lsn } from '../lsn.ts';
import type { Session } from '../replication/session.ts';
import type { Closing } from './closing.ts';
import { instantOf, microsOf } from './instant.ts';
import { statusRecords } from './status-record.ts';

/** Told of each failure to keep the status, and with undefined once it is kept again. */
export type OnStatus = (error: unknown) => void;

export type StatusKeeperOptions = {
  readonly config: Config;
  readonly statusIndex: string;
  readonly session: Session;
  readonly deadLetters: Pick<DeadLetters, 'count' | 'changes'>;
  readonly algolia: Pick<Algolia, 'batch'>;
  /** Outlives the session. */
  readonly closing: Closing;
  readonly coverage: CoverageTable;
  /** As of the session's beginning; undefined where it could not be noted then. */
  readonly noted: Coverage | undefined;
  /** Why the session has begun behind gaps that are not noted yet. */
  readonly gaps: readonly string[];
  readonly onStatus: OnStatus;
};

/** While something moves. */
const INTERVAL_MS = 1_000;
const QUIET_INTERVAL_MS = 10_000;
/** How often it is kept in the database where a gap would begin: a commit of ours, which is WAL too. */
const KEPT_INTERVAL_MS = 60_000;
const KEPT_QUIET_INTERVAL_MS = 600_000;
/** Others may discard letters. */
const LETTERS_INTERVAL_MS = 10_000;
/** A command may load tables. */
const BACKFILLS_INTERVAL_MS = 30_000;
/** Of what the plan allows: the engine's own count of a record differs a little. */
const RECORD_SHARE = 0.9;

/**
 * Keeps the status record of one session: what the index is complete through. It goes beside the line, by requests of its own, and holds
 * up nothing; whatever fails is tried again, less and less often. A status is written only with proof that the slot is ours, and tells only
 * what has come out of the line published.
 */
export class StatusKeeper {
  readonly #options: StatusKeeperOptions;
  readonly #timer: NodeJS.Timeout;
  #coverage: Coverage | undefined;
  #throughLsn: Lsn;
  #throughMicros: bigint | undefined;
  #moved = true;
  #changes = -1;
  #letters: readonly LetterRange[] = [];
  #lettersReadAtMs = Number.NEGATIVE_INFINITY;
  #backfills: readonly WholeBackfill[] = [];
  #backfillsReadAtMs = Number.NEGATIVE_INFINITY;
  #writtenAtMs = Number.NEGATIVE_INFINITY;
  readonly #beganAtMs = performance.now();
  #keptAtMs = Number.NEGATIVE_INFINITY;
  #rows = false;
  #failures = 0;
  #notBeforeMs = 0;
  #turn: Promise<void> | undefined;

  constructor(options: StatusKeeperOptions) {
    this.#options = options;
    this.#throughLsn = options.session.startLsn;
    this.#coverage = options.noted;
    options.closing.forget();
    this.#timer = setInterval(() => this.#tick(), INTERVAL_MS);
    this.#tick();
  }

  /** What came out of the line: it is published, and confirmed as far as it has a position. */
  published({ position, records }: Written): void {
    if (records > 0) {
      this.#moved = true;
      this.#rows = true;
    }
    if (position === undefined) return;
    this.#throughLsn = position.lsn;
    this.#throughMicros = position.committedAtMicros ?? this.#throughMicros;
  }

  /** Resolves when nothing of it is under way any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#turn;
  }

  #tick(): void {
    const nowMs = performance.now();
    if (this.#turn !== undefined || nowMs < this.#notBeforeMs) return;
    this.#turn = this.#step(nowMs)
      .then(
        () => {
          if (this.#failures > 0) this.#options.onStatus(undefined);
          this.#failures = 0;
        },
        (error: unknown) => {
          // The session is over, or about to be: that is told by others.
          if (error instanceof SessionLostError || error instanceof GapError) return;
          this.#failures += 1;
          this.#notBeforeMs = performance.now() + backoffMs(this.#failures, undefined, () => 1);
          this.#options.onStatus(error);
        },
      )
      .finally(() => {
        this.#turn = undefined;
      });
  }

  async #step(nowMs: number): Promise<void> {
    const { session, deadLetters, closing } = this.#options;
    this.#coverage ??= await this.#openCoverage();
    closing.learn(microsOf(this.#coverage.throughTime ?? ''));
    const isDue = this.#moved || nowMs - this.#writtenAtMs >= QUIET_INTERVAL_MS;
    if ((isDue || this.#isBehind()) && !closing.isWaiting)
      closing.observed(await session.observe(), ownMicros());
    // What is told is no further than this, and the letters are read behind it.
    const throughLsn = this.#throughLsn;
    const throughMicros = this.#throughMicros;
    const hasClosed = closing.published(throughLsn);
    const isEarly = this.#writtenAtMs < 0 && nowMs - this.#beganAtMs < QUIET_INTERVAL_MS;
    if (!hasClosed && (isEarly || (!isDue && this.#changes === deadLetters.changes))) return;
    this.#moved = false;
    try {
      await this.#readLetters(nowMs);
      await this.#readBackfills(nowMs);
      await this.#write(this.#coverage, throughLsn, throughMicros);
    } catch (error) {
      this.#moved = true;
      throw error;
    }
    this.#writtenAtMs = nowMs;
    await this.#keep(nowMs, throughLsn);
  }

  /** The last commit is there and not closed: a moment later it can be. */
  #isBehind(): boolean {
    const { closedThroughMicros } = this.#options.closing;
    return this.#throughMicros !== undefined && (closedThroughMicros ?? 0n) <= this.#throughMicros;
  }

  async #openCoverage(): Promise<Coverage> {
    const { session, config, coverage, gaps } = this.#options;
    await session.fence();
    return await coverage.open(session.startLsn, Object.keys(config.tables), gaps);
  }

  async #readLetters(nowMs: number): Promise<void> {
    const { deadLetters, coverage, config } = this.#options;
    const { changes, count } = deadLetters;
    if (changes === this.#changes && (count === 0 || nowMs - this.#lettersReadAtMs < LETTERS_INTERVAL_MS))
      return;
    this.#letters = count === 0 ? [] : await coverage.letters(config.keys.timeAttribute);
    this.#lettersReadAtMs = nowMs;
    this.#changes = changes;
  }

  async #readBackfills(nowMs: number): Promise<void> {
    if (nowMs - this.#backfillsReadAtMs < BACKFILLS_INTERVAL_MS) return;
    this.#backfills = await this.#options.coverage.backfills();
    this.#backfillsReadAtMs = nowMs;
  }

  async #write(coverage: Coverage, throughLsn: Lsn, throughMicros: bigint | undefined): Promise<void> {
    const { config, statusIndex, session, algolia, closing } = this.#options;
    const { openSinceMicros, blind, closedThroughMicros: closedMicros } = closing;
    const facts = { openSinceMicros, blind, closedMicros, throughLsn, throughMicros, coverage };
    const records = statusRecords(
      {
        ...facts,
        slot: config.replication.slot,
        tables: config.tables,
        letters: this.#letters,
        backfills: this.#backfills,
        nowMicros: ownMicros(),
      },
      config.algolia.recordBytesMax * RECORD_SHARE,
    );
    const requests = records.map((body) => ({ action: 'updateObject', body }));
    await session.fence();
    await algolia.batch(statusIndex, Buffer.from(JSON.stringify({ requests })));
  }

  async #keep(nowMs: number, throughLsn: Lsn): Promise<void> {
    const { session, closing, coverage } = this.#options;
    const intervalMs = this.#rows ? KEPT_INTERVAL_MS : KEPT_QUIET_INTERVAL_MS;
    if (nowMs - this.#keptAtMs < intervalMs) return;
    const closedMicros = closing.closedThroughMicros;
    await session.fence();
    const gaps = await coverage.keep(
      throughLsn,
      closedMicros === undefined ? undefined : instantOf(closedMicros),
    );
    if (this.#coverage !== undefined) this.#coverage = { ...this.#coverage, gaps };
    this.#keptAtMs = nowMs;
    this.#rows = false;
  }
}

function ownMicros(): bigint {
  return BigInt(Date.now()) * 1_000n;
}
