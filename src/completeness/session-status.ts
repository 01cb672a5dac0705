import type { Written } from '../algolia/written.ts';
import { type Coverage, CoverageTable } from '../database/own-tables/coverage-table.ts';
import type { GapError } from '../errors.ts';
import type { Session } from '../replication/session.ts';
import { LATE, withinMs } from '../time-limit.ts';
import { StatusKeeper, type StatusKeeperOptions } from './status-keeper.ts';

export type SessionStatusOptions = Omit<
  StatusKeeperOptions,
  'session' | 'deadLetters' | 'coverage' | 'noted' | 'gaps'
> & { readonly url: string };

/** As long as a session waits for the note of a gap. */
const NOTE_MAX_MS = 20_000;
const REASON_LENGTH_MAX = 300;

/** The status of one session, from before its opening to its end. */
export class SessionStatus {
  readonly #options: SessionStatusOptions;
  readonly #coverage: CoverageTable;
  readonly #gaps: string[] = [];
  #noted: Coverage | undefined;
  #keeper: StatusKeeper | undefined;

  constructor(options: SessionStatusOptions) {
    this.#options = options;
    const { url, config } = options;
    this.#coverage = new CoverageTable({ url, slot: config.replication.slot });
  }

  /** The session goes on after it. */
  passedGap(gap: GapError): void {
    this.#gaps.push(gap.message.slice(0, REASON_LENGTH_MAX));
  }

  /**
   * To be awaited before the session confirms anything: a gap that nobody has noted by then is forgotten when the process ends. Never
   * rejects: what cannot be noted now is tried again by the keeper, and no status is told before.
   */
  async noteGaps(session: Session): Promise<void> {
    if (this.#gaps.length === 0) return;
    const { config, onStatus } = this.#options;
    const noting = this.#coverage.open(session.startLsn, Object.keys(config.tables), this.#gaps);
    try {
      const noted = await withinMs(NOTE_MAX_MS, noting);
      if (noted !== LATE) this.#noted = noted;
    } catch (error) {
      onStatus(error);
    }
  }

  start(session: Session, deadLetters: StatusKeeperOptions['deadLetters']): void {
    const { url: _, ...options } = this.#options;
    const gaps = this.#noted === undefined ? this.#gaps : [];
    const given = { coverage: this.#coverage, noted: this.#noted, gaps, session, deadLetters };
    this.#keeper = new StatusKeeper({ ...options, ...given });
  }

  published(written: Written): void {
    this.#keeper?.published(written);
  }

  /** Resolves when nothing of it is under way any more. */
  async close(): Promise<void> {
    await this.#keeper?.close();
  }
}
