import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { peakMemoryBytes } from '../../bench/process-usage.ts';
import { startIndex } from '../../support/line.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { waitFor } from '../../support/wait-for.ts';
import { REFUSED_TEXT } from '../audit-log-changes.ts';
import { createAuditLog } from '../audit-table.ts';
import { createDeadLetters } from '../dead-letter-history.ts';
import { type OwnCluster, startOwnCluster } from '../own-cluster.ts';
import { type RunOptions, type RunProcess, spawnRun } from '../program-run.ts';

/** Short, so that a holder that is gone without a word is given up within a test. */
export const WALSENDER_TIMEOUT_MS = 3_000;
/** A kill -9 may end a process in the middle of a page. https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-FULL-PAGE-WRITES */
const CRASH_SAFE = { full_page_writes: 'on' };
/** Half-open connections are given up, and backoffs grow, before a process streams again. */
const RECOVERY_MAX_MS = 120_000;

export type StageOptions = Pick<RunOptions, 'program' | 'config'> & {
  readonly taskDelayMs: number;
};

/** Everything that a storm can strike: a Postgres, an index, the lines to them, and the process in between. */
export class Stage implements AsyncDisposable {
  readonly cluster: OwnCluster;
  readonly index: AlgoliaServer & AsyncDisposable;
  readonly toPostgres: TcpProxy;
  readonly toIndex: TcpProxy;
  readonly #options: StageOptions;
  readonly #runs: RunProcess[] = [];
  readonly #peaks = new Map<number, number>();
  #run: RunProcess | undefined;

  private constructor(
    parts: Pick<Stage, 'cluster' | 'index' | 'toPostgres' | 'toIndex'>,
    options: StageOptions,
  ) {
    this.cluster = parts.cluster;
    this.index = parts.index;
    this.toPostgres = parts.toPostgres;
    this.toIndex = parts.toIndex;
    this.#options = options;
  }

  /** The slot and the audit log are there, the process is not yet. */
  static async open(options: StageOptions): Promise<Stage> {
    const opened: AsyncDisposable[] = [];
    const open = async <T extends AsyncDisposable>(opening: Promise<T>): Promise<T> => {
      const part = await opening;
      opened.push(part);
      return part;
    };
    try {
      const cluster = await open(startOwnCluster({ settings: CRASH_SAFE }));
      await createAuditLog(cluster, 'insert, update, delete, truncate');
      await cluster.client.query('ALTER TABLE audit_log ALTER metadata SET STORAGE EXTERNAL');
      await createDeadLetters(cluster.client);
      const index = await open(startIndex({ taskDelayMs: options.taskDelayMs }));
      index.faults.add({ kind: 'poison', text: REFUSED_TEXT });
      const settings = encodeURIComponent(`-c wal_sender_timeout=${WALSENDER_TIMEOUT_MS}`);
      const toPostgres = await open(startTcpProxy(`${cluster.url}?options=${settings}`));
      const toIndex = await open(startTcpProxy(index.url));
      return new Stage({ cluster, index, toPostgres, toIndex }, options);
    } catch (error) {
      for (const part of opened.toReversed()) await part[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The one that is meant to hold the slot. */
  get run(): RunProcess {
    if (this.#run === undefined) throw new Error('no process was started');
    return this.#run;
  }

  set run(run: RunProcess) {
    this.#run = run;
  }

  /** All that were started, in this order. */
  get runs(): readonly RunProcess[] {
    return this.#runs;
  }

  /** The most memory that any of them had since the last look that reset it. */
  takePeakBytes(): number {
    const peak = Math.max(0, ...this.#peaks.values());
    this.#peaks.clear();
    return peak;
  }

  /** To be called again and again: a process that has ended tells nothing. */
  async lookAtMemory(): Promise<void> {
    for (const { pid } of this.#runs.filter(({ hasEnded }) => !hasEnded)) {
      const bytes = await peakMemoryBytes(pid).catch(() => 0);
      this.#peaks.set(pid, Math.max(bytes, this.#peaks.get(pid) ?? 0));
    }
  }

  async start(): Promise<RunProcess> {
    const { cluster, index, toPostgres, toIndex } = this;
    const run = await spawnRun({
      ...this.#options,
      database: { slot: cluster.slot, publication: cluster.publication, url: toPostgres.url },
      server: { url: toIndex.url, appId: index.appId, adminKey: index.adminKey },
      isControlled: true,
    });
    this.#runs.push(run);
    return run;
  }

  /** Resolves as the work does; rejects when the holder of the slot ends meanwhile. */
  async unlessEnded<T>(work: Promise<T>): Promise<T> {
    const { run } = this;
    const early = run.ended.then(({ code, signal }) => {
      const last = JSON.stringify(run.log.slice(-5), undefined, 1);
      throw new Error(`process ${run.pid} ended by itself (${code ?? signal}): ${last}`);
    });
    early.catch(() => undefined);
    return Promise.race([work, early]);
  }

  /** Resolves when this process has the slot. */
  async streams(run: RunProcess): Promise<void> {
    const logged = run.log.length;
    await waitFor(
      async () => (await run.readiness()).status === 200 || run.log.slice(logged).some(isStreaming),
      { description: `process ${run.pid} to stream`, timeoutMs: RECOVERY_MAX_MS },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const run of this.#runs) run.signal('SIGCONT');
    await Promise.all(this.#runs.map((run) => run.kill()));
    await Promise.all([this.toPostgres, this.toIndex].map((proxy) => proxy[Symbol.asyncDispose]()));
    await this.index[Symbol.asyncDispose]();
    await this.cluster[Symbol.asyncDispose]();
  }
}

const isStreaming = ({ message }: { readonly message?: string }): boolean => message === 'streaming';
