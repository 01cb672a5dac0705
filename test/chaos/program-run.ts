import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ConfigInput } from '../../src/config/schema.ts';
import { type Lsn, parseLsn } from '../../src/lsn.ts';
import type { Status } from '../../src/telemetry/status.ts';
import type { IndexAddress } from '../support/index-comparison.ts';
import type { TestDatabase } from '../support/postgres.ts';
import { scratchDirectory } from '../support/scratch-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { PRELOAD, type Told } from './controls.ts';

const BUILT = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

const SHUTDOWN_MS = 300_000;

export type RunOptions = {
  readonly database: Pick<TestDatabase, 'url' | 'slot' | 'publication'>;
  readonly server: IndexAddress;
  /** The main.js to run; default: that of this checkout's build. */
  readonly program?: string | undefined;
  /** For the configuration file, which else says no more than how long a shutdown may take: longer than any machine needs. */
  readonly config?: Partial<
    Pick<ConfigInput, 'algolia' | 'backfill' | 'batch' | 'memory' | 'tables' | 'shutdownMs'>
  >;
  /** Loads what lets `tell` do something; the program has to be a copy with the points in it. */
  readonly isControlled?: boolean;
};

export type LogLine = {
  readonly level?: string;
  readonly message?: string;
  readonly time?: string;
  /** When it was read, by our clock. */
  readonly readAtMs: number;
  readonly [field: string]: unknown;
};
export type Readiness = { readonly status: number; readonly reason?: string };
export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type RunProcess = AsyncDisposable & {
  readonly pid: number;
  /** What it has logged; a line that is not JSON stands there as its message. */
  readonly log: readonly LogLine[];
  readonly ended: Promise<Ended>;
  readonly hasEnded: boolean;
  signal(name: NodeJS.Signals): void;
  /** Of a controlled one. */
  tell(what: Told): void;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<Ended>;
  /** What /readyz answers. */
  readiness(): Promise<Readiness>;
  /** What has reached it, as /status tells. */
  receivedLsn(): Promise<Lsn>;
  /** Resolves when /readyz says that it streams. */
  streaming(): Promise<void>;
};

/** Starts `wal2algolia run`. It is killed when disposed of. */
export async function spawnRun(options: RunOptions): Promise<RunProcess> {
  const { database, server, program = BUILT, config = {}, isControlled = false } = options;
  if (!existsSync(program)) throw new Error(`${program} is missing: npm run build`);
  const directory = await scratchDirectory();
  const configFile = join(directory.path, 'wal2algolia.config.json');
  await writeFile(configFile, JSON.stringify({ shutdownMs: SHUTDOWN_MS, ...config }));
  const preload = isControlled ? ['--import', PRELOAD] : [];
  const child = spawn(process.execPath, [...preload, program, 'run', '--config', configFile], {
    cwd: tmpdir(),
    stdio: ['ignore', 'ignore', 'pipe', ...(isControlled ? (['ipc'] as const) : [])],
    env: {
      DATABASE_URL: database.url,
      ALGOLIA_APP_ID: server.appId,
      ALGOLIA_API_KEY: server.adminKey,
      ALGOLIA_HOSTS: server.url,
      WAL2ALGOLIA_SLOT: database.slot,
      WAL2ALGOLIA_PUBLICATION: database.publication,
      WAL2ALGOLIA_HTTP_PORT: '0',
    },
  });
  let hasEnded = false;
  // This process takes it with it when it ends in the middle of a test.
  const endWithUs = () => child.kill('SIGKILL');
  process.on('exit', endWithUs);
  const ended = once(child, 'exit').then(async ([code, signal]): Promise<Ended> => {
    hasEnded = true;
    process.off('exit', endWithUs);
    await directory[Symbol.asyncDispose]();
    return { code, signal };
  });
  const kill = async (): Promise<Ended> => {
    child.kill('SIGKILL');
    return ended;
  };
  return {
    ...watched(child),
    ended,
    kill,
    get hasEnded() {
      return hasEnded;
    },
    [Symbol.asyncDispose]: async () => void (await kill()),
  };
}

function watched(child: ChildProcess) {
  const log: LogLine[] = [];
  if (child.stderr === null) throw new Error('a process without standard error');
  createInterface({ input: child.stderr }).on('line', (line) => log.push(parseLine(line)));
  const ask = async (path: string): Promise<{ readonly status: number; readonly body: unknown }> => {
    const listening = log.find(({ message }) => message === 'listening');
    if (listening === undefined) return { status: 0, body: { reason: 'not listening yet' } };
    const answer = await fetch(new URL(path, String(listening['address'])));
    return { status: answer.status, body: await answer.json() };
  };
  const readiness = async (): Promise<Readiness> => {
    const { status, body } = await ask('/readyz');
    return { status, ...(body as { reason?: string }) };
  };
  const receivedLsn = async (): Promise<Lsn> => {
    const { body } = await ask('/status');
    return parseLsn((body as Status).slot?.receivedLsn ?? '0/0');
  };
  const streaming = async (): Promise<void> => {
    await waitFor(
      async () => {
        const seen = await readiness();
        if (seen.status !== 200) throw new Error(`${seen.reason}; ${JSON.stringify(log.slice(-3))}`);
        return true;
      },
      { description: `process ${child.pid} to stream` },
    );
  };
  const signal = (name: NodeJS.Signals): void => void child.kill(name);
  const tell = (what: Told): void => void (child.connected && child.send(what, () => undefined));
  return { pid: child.pid ?? 0, log, signal, tell, readiness, receivedLsn, streaming };
}

function parseLine(line: string): LogLine {
  try {
    return { ...(JSON.parse(line) as LogLine), readAtMs: Date.now() };
  } catch {
    return { message: line, readAtMs: Date.now() };
  }
}
