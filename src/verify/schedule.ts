import type { Config } from '../config/schema.ts';
import { closed, connect } from '../database/connection.ts';
import { type Verification, VerificationTable } from '../database/own-tables/verification-table.ts';
import { WALSENDER_NAME } from '../database/server.ts';
import { SessionLostError } from '../errors.ts';
import type { Lsn } from '../lsn.ts';
import { Patience } from '../sweep/patience.ts';
import { dueTable } from './due.ts';
import { gentle } from './gentle-algolia.ts';
import type { ReadAlgolia } from './index-reader.ts';
import { verifiedCounts } from './verified-counts.ts';
import { verifyTable } from './verify-table.ts';

export type VerifyEvents = {
  /** The last results of the tables that are configured. */
  readonly onVerifyResults: (results: readonly Verification[]) => void;
  /** One of them is new. */
  readonly onVerified: (result: Verification) => void;
  /** What is due cannot be done for now, and is tried again. */
  readonly onVerifyTrouble: (error: unknown, table?: string) => void;
};

export type ScheduleOptions = VerifyEvents & {
  readonly config: Config;
  readonly algolia: ReadAlgolia;
  readonly session: { readonly url: string; readonly slot: string };
};

type Line = {
  /** Rejects when the slot is not ours. */
  readonly fence: () => Promise<void>;
  readonly progress: () => { readonly confirmedLsn: Lsn };
};

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const LOOK_INTERVAL_MS = 60_000;
const PAUSE_AFTER_FAILURE_MS = 600_000;
const CONFIRMED_INTERVAL_MS = 100;
/** Small windows: their rows are encoded and hashed between those of the stream. */
export const SMALL_WINDOWS = { rowsPerWindow: 10_000, leavesMax: 100_000 };

/**
 * Compares each table with its index once in a while, by the holder of the slot, one at a time and beside the line, which never waits for it. When it was
 * done is kept in the database, so that neither a restart nor another holder begins anew. Does nothing unless it is configured.
 */
export class VerifySchedule {
  readonly #options: ScheduleOptions;
  readonly #table: VerificationTable;
  readonly #patience = new Patience(() => undefined);
  /** By table: when one that failed may be tried again, on the clock of `performance.now()`. */
  readonly #notBeforeMs = new Map<string, number>();

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#table = new VerificationTable(options.session);
  }

  /** Until the session is over; never rejects. */
  async run(line: Line): Promise<void> {
    const { everyHours } = this.#options.config.verify;
    if (everyHours === undefined) return;
    for (let isTold = false; !this.#patience.isOver; ) {
      let pauseMs = LOOK_INTERVAL_MS;
      let table: string | undefined;
      try {
        const results = this.#configured(await this.#table.read());
        if (!isTold) this.#options.onVerifyResults(results);
        isTold = true;
        table = this.#due(results, everyHours * HOUR_MS);
        if (table !== undefined) await this.#verify(table, line);
        if (table !== undefined) pauseMs = 0;
      } catch (error) {
        if (this.#patience.isOver) return;
        if (table !== undefined) this.#notBeforeMs.set(table, performance.now() + PAUSE_AFTER_FAILURE_MS);
        if (!(error instanceof SessionLostError)) this.#options.onVerifyTrouble(error, table);
      }
      await this.#patience.pause(pauseMs);
    }
  }

  /** What is under way ends at its next request or question. */
  close(): void {
    this.#patience.end();
  }

  #configured(results: readonly Verification[]): readonly Verification[] {
    return results.filter(({ table }) => this.#options.config.tables[table] !== undefined);
  }

  /** One that failed has its pause. */
  #due(results: readonly Verification[], intervalMs: number): string | undefined {
    const now = performance.now();
    const tables = Object.keys(this.#options.config.tables);
    const open = tables.filter((table) => now >= (this.#notBeforeMs.get(table) ?? 0));
    return dueTable(open, results, intervalMs);
  }

  async #verify(table: string, { fence, progress }: Line): Promise<void> {
    const { config, algolia, session, onVerifyResults, onVerified } = this.#options;
    const { windowDays, repair } = config.verify;
    const connecting = connect(session.url, {
      applicationName: `${WALSENDER_NAME} verify`,
      settings: { default_transaction_read_only: 'off' },
    });
    try {
      const verified = await verifyTable({
        client: await connecting,
        config,
        table,
        scope:
          windowDays === undefined
            ? undefined
            : { by: 'time', from: Date.now() - windowDays * DAY_MS, to: undefined },
        algolia: gentle(algolia, (ms) => this.#pause(ms)),
        passed: async ({ target }) => {
          while (progress().confirmedLsn < target) await this.#pause(CONFIRMED_INTERVAL_MS);
        },
        repairs: repair,
        limits: SMALL_WINDOWS,
      });
      const results = this.#configured(await this.#table.tell(table, verifiedCounts(verified), fence));
      onVerifyResults(results);
      const result = results.find((each) => each.table === table);
      if (result !== undefined) onVerified(result);
    } finally {
      await connecting.then(closed, () => undefined);
    }
  }

  async #pause(ms: number): Promise<void> {
    await this.#patience.pause(ms);
    if (this.#patience.isOver) throw new SessionLostError('the session is over');
  }
}
