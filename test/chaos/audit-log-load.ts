import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import { createRandom, type Random } from '../../src/local/producer/random.ts';
import { connect } from '../support/postgres.ts';
import { transaction, type Writer } from './audit-log-changes.ts';

const PAUSE_MAX_MS = 40;
const RECONNECT_MS = 50;
const DEADLOCK = '40P01';
/** Postgres is gone, going, or not there yet. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const AWAY = /^(08|57)|^E(CONNREFUSED|CONNRESET|PIPE)$/;

export type LoadCounts = {
  committed: number;
  rolledBack: number;
  /** Changed by what was committed. */
  rows: number;
};

export type LoadOptions = Partial<Omit<Writer, 'client' | 'random' | 'ids'>> & {
  readonly writers?: number;
  /** Changed rows of all writers together, at most; without it each pauses for a moment between its transactions. */
  readonly rowsPerSecond?: number;
  /** The highest id that is there already. */
  readonly idMax?: number;
  /** A writer whose Postgres is away waits until it is back, and goes on. */
  readonly survivesPostgres?: boolean;
};

export type Load = AsyncDisposable & {
  readonly counts: Readonly<LoadCounts>;
  /** Resolves when no writer is inside a transaction; none begins one before `resume`. */
  rest(): Promise<void>;
  resume(): void;
  /** Resolves when every writer has finished its transaction; rejects with what a writer could not do. */
  stop(): Promise<void>;
};

/**
 * Writers that change the audit log at the same time, with pauses: rows come, are rewritten, move to another key, go. An id is never used
 * again. The same seed makes the same choices in each writer.
 */
export async function startLoad(
  database: { readonly url: string },
  seed: number,
  options: LoadOptions = {},
): Promise<Load> {
  const { writers: count = 4, survivesPostgres = false, rowsPerSecond, idMax = 0, ...more } = options;
  const shared: Shared = {
    counts: { committed: 0, rolledBack: 0, rows: 0 },
    stopping: new AbortController(),
    gate: Promise.resolve(),
    busy: new Set(),
    rowsPerSecond,
    startedAtMs: performance.now(),
  };
  const ids = { max: idMax };
  const clients = await Promise.all(Array.from({ length: count }, () => connect(database.url)));
  const writers = clients.map((client, number) => {
    const random = createRandom(seed + number);
    const none = { toastChance: 0, badChance: 0, truncateChance: 0 };
    const settings = { random, ids, ...none, countsRevisions: true, ...more };
    return new LoadWriter(survivesPostgres ? database.url : undefined, client, settings, shared);
  });
  const work = Promise.all(writers.map((writer) => writer.run()));
  work.catch(() => undefined);
  let open: () => void = () => undefined;
  const stop = async (): Promise<void> => {
    shared.stopping.abort();
    open();
    await work;
  };
  return {
    counts: shared.counts,
    stop,
    rest: async () => {
      shared.gate = new Promise((resolve) => {
        open = resolve;
      });
      while (shared.busy.size > 0) await Promise.all(shared.busy);
    },
    resume: () => open(),
    [Symbol.asyncDispose]: () => stop().catch(() => undefined),
  };
}

type Shared = {
  readonly counts: LoadCounts;
  readonly stopping: AbortController;
  gate: Promise<void>;
  readonly busy: Set<Promise<void>>;
  readonly rowsPerSecond: number | undefined;
  readonly startedAtMs: number;
};

class LoadWriter {
  readonly #url: string | undefined;
  readonly #settings: Omit<Writer, 'client'>;
  readonly #shared: Shared;
  #client: Client;

  /** With a URL it connects again when its connection is lost. */
  constructor(
    url: string | undefined,
    client: Client,
    settings: Omit<Writer, 'client'> & { readonly random: Random },
    shared: Shared,
  ) {
    this.#url = url;
    this.#client = client;
    this.#settings = settings;
    this.#shared = shared;
  }

  async run(): Promise<void> {
    const { stopping, busy } = this.#shared;
    try {
      while (!stopping.signal.aborted) {
        await this.#shared.gate;
        const turn = this.#turn();
        const done = turn.catch(() => undefined);
        busy.add(done);
        await done;
        busy.delete(done);
        await turn;
        await pause(this.#pauseMs());
      }
    } finally {
      await this.#client.end().catch(() => undefined);
    }
  }

  /** With a rate: until what was changed is due. */
  #pauseMs(): number {
    const { rowsPerSecond, startedAtMs, counts } = this.#shared;
    if (rowsPerSecond === undefined) return this.#settings.random.integer(0, PAUSE_MAX_MS);
    return Math.max(0, startedAtMs + (counts.rows / rowsPerSecond) * 1_000 - performance.now());
  }

  async #turn(): Promise<void> {
    const { counts } = this.#shared;
    const commits = this.#settings.random.chance(0.85);
    try {
      await this.#client.query('BEGIN');
      const rows = await transaction({ ...this.#settings, client: this.#client });
      await this.#client.query(commits ? 'COMMIT' : 'ROLLBACK');
      counts[commits ? 'committed' : 'rolledBack'] += 1;
      if (commits) counts.rows += rows;
    } catch (error) {
      if (codeOf(error) === DEADLOCK) await this.#client.query('ROLLBACK');
      else if (this.#url !== undefined && isAway(error)) await this.#connectAgain(this.#url);
      else throw error;
      counts.rolledBack += 1;
    }
  }

  async #connectAgain(url: string): Promise<void> {
    await this.#client.end().catch(() => undefined);
    while (!this.#shared.stopping.signal.aborted) {
      try {
        this.#client = await connect(url);
        return;
      } catch (error) {
        if (!isAway(error)) throw error;
        await pause(RECONNECT_MS);
      }
    }
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? '');
}

/** A connection that pg itself gave up has a message and no code. */
function isAway(error: unknown): boolean {
  return AWAY.test(codeOf(error)) || /Connection terminated|Client has encountered/.test(String(error));
}
