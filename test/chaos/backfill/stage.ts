import type { LocalIndex } from '../../bench/local-index-process.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import type { Program } from '../../support/program.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { RunProcess } from '../program-run.ts';
import { startRun } from '../run-process.ts';
import { type CommandOptions, startCommand } from './command-process.ts';
import { PeakMemory } from './peak-memory.ts';

const HOLDER_MAX_MS = 120_000;

/** From a kill of who held the slot until somebody else has it, on the monotonic clock. */
export type Outage = { readonly fromMs: number; readonly untilMs: number };

export type StageOptions = CommandOptions & { readonly database: TestDatabase; readonly server: LocalIndex };

/** How a command went that was to find no difference. */
export type Verified = { readonly seconds: number; readonly requests: number };

/** How far a backfill is kept as done: the key of the last row, and how many rows. */
export type Kept = { readonly key: string; readonly rows: number };

/** The pipeline and the backfill beside it, each of which may be killed and has a successor at once. */
export class Stage implements AsyncDisposable {
  readonly memory = new PeakMemory();
  readonly outages: Outage[] = [];
  readonly #options: StageOptions;
  #run: RunProcess | undefined;
  #command: Program | undefined;
  #watching: Promise<unknown> = Promise.resolve();

  constructor(options: StageOptions) {
    this.#options = options;
  }

  get run(): RunProcess {
    if (this.#run === undefined) throw new Error('no pipeline was started');
    return this.#run;
  }

  get command(): Program {
    if (this.#command === undefined) throw new Error('no backfill was started');
    return this.#command;
  }

  async startRun(): Promise<void> {
    this.#run = await startRun(this.#options);
    this.memory.add('pipeline', this.#run.pid);
  }

  startBackfill(): void {
    this.#command = startCommand(this.#options, ['backfill']);
    this.memory.add('backfill', this.#command.pid);
  }

  async killRun(): Promise<void> {
    const before = await this.#holder();
    const fromMs = performance.now();
    await this.run.kill();
    this.#watching = Promise.all([this.#watching, this.#nextHolder(before, fromMs)]);
    this.#watching.catch(() => undefined);
  }

  async killBackfill(): Promise<void> {
    this.command.kill('SIGKILL');
    const { signal } = await this.command.ended;
    if (signal !== 'SIGKILL') throw new Error(`the backfill had ended by itself: ${this.command.stderr()}`);
    await waitFor(() => this.#hasNoSession('wal2algolia backfill'), {
      description: 'what it had sent to Postgres to be over',
    });
  }

  async kept(): Promise<Kept> {
    const { rows } = await this.#options.database.client.query<Kept>(
      `SELECT array_to_string(through_key, ':') AS key, rows_done::float8 AS rows FROM wal2algolia.backfill`,
    );
    if (rows[0] === undefined) throw new Error('nothing is kept of the backfill');
    return rows[0];
  }

  /** Rejects when it finds any difference. */
  async verify(): Promise<Verified> {
    const { server } = this.#options;
    const before = await server.requests();
    const startedAtMs = performance.now();
    await using command = startCommand(this.#options, ['verify']);
    this.memory.add('verify', command.pid);
    const { code, signal } = await command.ended;
    const seconds = (performance.now() - startedAtMs) / 1_000;
    if (code !== 0)
      throw new Error(`verify ended with ${code ?? signal}: ${command.stdout()}${command.stderr()}`);
    return { seconds, requests: (await server.requests()) - before };
  }

  /** Rejects when one of the two ends that was not killed, but for a backfill that is done. */
  get endedEarly(): Promise<never> {
    const { run, command } = this;
    const isDone = new Promise<never>(() => undefined);
    const early = Promise.race([
      run.ended.then(
        ({ code, signal }) => `the pipeline (${code ?? signal})${JSON.stringify(run.log.slice(-3))}`,
      ),
      command.ended.then(({ code, signal }) =>
        code === 0 ? isDone : `the backfill (${code ?? signal}) ${command.stderr()}`,
      ),
    ]).then((who) => Promise.reject(new Error(`ended by itself: ${who}`)));
    early.catch(() => undefined);
    return early;
  }

  /** Resolves when the slot is in somebody's hands after every kill. */
  async held(): Promise<void> {
    await this.#watching;
  }

  async #hasNoSession(applicationName: string): Promise<boolean> {
    const { rowCount } = await this.#options.database.client.query(
      'SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1',
      [applicationName],
    );
    return rowCount === 0;
  }

  async #holder(): Promise<number | null> {
    const { client, slot } = this.#options.database;
    const { rows } = await client.query<{ pid: number | null }>(
      'SELECT active_pid AS pid FROM pg_replication_slots WHERE slot_name = $1',
      [slot],
    );
    return rows[0]?.pid ?? null;
  }

  async #nextHolder(before: number | null, fromMs: number): Promise<void> {
    await waitFor(
      async () => {
        const holder = await this.#holder();
        return holder !== null && holder !== before;
      },
      { description: 'somebody to take the slot', timeoutMs: HOLDER_MAX_MS, intervalMs: 10 },
    );
    this.outages.push({ fromMs, untilMs: performance.now() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.memory[Symbol.asyncDispose]();
    await this.#run?.kill();
    await this.#command?.[Symbol.asyncDispose]();
    await this.#watching.catch(() => undefined);
  }
}
