import type { Config } from '../config/schema.ts';
import { SessionLostError } from '../errors.ts';
import type { Lsn } from '../lsn.ts';
import { type BackfillOptions, type BackfillProgress, backfillTable } from './backfill-table.ts';

const LOOK_INTERVAL_MS = 100;
const PAUSE_AFTER_FAILURE_MS = 10_000;

export type InitialBackfillEvents = {
  /** How far the table has come that is being loaded; undefined when there is nothing left to load. */
  readonly onBackfill: (progress: BackfillProgress | undefined) => void;
  /** It cannot go on for now, and tries again. */
  readonly onBackfillTrouble: (error: unknown) => void;
};

export type InitialBackfillOptions = InitialBackfillEvents & { readonly config: Config };

/**
 * Loads every configured table once, by the holder of the slot beside its stream, where the configuration asks for it. It goes beside the
 * line and holds up nothing; what a session leaves unfinished the next one goes on with.
 */
export class InitialBackfill {
  readonly #options: InitialBackfillOptions;
  readonly #ended = new AbortController();

  constructor(options: InitialBackfillOptions) {
    this.#options = options;
  }

  /** Until all is loaded, or it is closed; one that cannot be loaded holds up no other. Never rejects. */
  async run(session: { readonly progress: () => { readonly confirmedLsn: Lsn } }): Promise<void> {
    const { config, onBackfill } = this.#options;
    if (config.backfill !== 'initial') return;
    const passed = (target: Lsn): Promise<void> => this.#passed(session, target);
    const how = { config, passed, isHolder: true, once: true, signal: this.#signal, onProgress: onBackfill };
    let wanted = Object.keys(config.tables);
    while (wanted.length > 0 && !this.#signal.aborted) {
      const failed: string[] = [];
      for (const table of wanted) if (!(await this.#isLoaded({ ...how, table }))) failed.push(table);
      wanted = failed;
      if (failed.length > 0) await this.#pause(PAUSE_AFTER_FAILURE_MS);
    }
    if (!this.#signal.aborted) onBackfill(undefined);
  }

  /** No more is asked for; what was asked for is in the WAL. */
  close(): void {
    this.#ended.abort();
  }

  get #signal(): AbortSignal {
    return this.#ended.signal;
  }

  async #isLoaded(options: BackfillOptions): Promise<boolean> {
    try {
      await backfillTable(options);
      return true;
    } catch (error) {
      if (!this.#signal.aborted) this.#options.onBackfillTrouble(error);
      return false;
    }
  }

  async #passed(session: Parameters<InitialBackfill['run']>[0], target: Lsn): Promise<void> {
    while (session.progress().confirmedLsn < target) {
      await this.#pause(LOOK_INTERVAL_MS);
      if (this.#signal.aborted) throw new SessionLostError('the session is over');
    }
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#signal.addEventListener('abort', end, { once: true });
      if (this.#signal.aborted) end();
    });
  }
}
