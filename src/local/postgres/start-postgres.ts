import { rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { PreconditionError } from '../../errors.ts';
import { serverAccount } from './account.ts';
import { defaultBinaries, type PostgresBinaries } from './binaries.ts';
import { reachableBinaries } from './binary-copy.ts';
import { ensureCluster } from './cluster.ts';
import { clusterDirOf, prepareDataDirectory } from './data-directory.ts';
import { endOrphan } from './orphan.ts';
import { takeOwnership } from './owner-lock.ts';
import { startOnPort } from './port.ts';
import { endPostmaster } from './process-table.ts';
import { type Server, type ServerExit, startServer } from './server.ts';
import { serverSettings } from './settings.ts';
import { startWatchdog } from './watchdog.ts';

const SHUTDOWN_MS = 5_000;
/** What the file system says when the place is the wrong one, not the program. */
const FILE_ERRORS = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'ENOTDIR', 'EEXIST']);

export type PostgresOptions = {
  /** Default: the embedded ones for this platform, else the newest of the system. */
  readonly binaries?: PostgresBinaries;
  /** Kept between runs. Absent: a temporary one, removed by `stop`. */
  readonly dataDir?: string;
  /** On 127.0.0.1. Absent or 0: a free one. */
  readonly port?: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** How long `stop` waits for each of its three ways; default five seconds. */
  readonly shutdownMs?: number;
  /** Whether commits survive a crash of the machine; default true. They survive a crash of Postgres in either case. */
  readonly durable?: boolean;
  /** Receives a line where something was decided that the caller did not ask for. */
  readonly log?: (line: string) => void;
};

export type LocalPostgres = {
  /** Of database `postgres`, as superuser, with the password. */
  readonly url: string;
  readonly port: number;
  /** Where the files really are: the requested directory, or the one that took its place. */
  readonly dataDir: string;
  readonly logFile: string;
  /** Of the postmaster. */
  readonly pid: number;
  /** Resolves when Postgres has ended, by `stop` or by itself. */
  readonly exited: Promise<ServerExit>;
  /** A fast shutdown, then an immediate one, then by force; resolves when nothing is left. May be called again. */
  stop(): Promise<void>;
};

/**
 * Starts a real Postgres with logical decoding, on 127.0.0.1 only, and resolves once it accepts connections. It ends when our
 * process does, however that goes, and what an earlier run left behind is cleared away first. Rejects with a PreconditionError
 * when it cannot run here, when the directory is in use or the given port is taken, and with an UnavailableError when it ends early.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<LocalPostgres> {
  if (process.platform === 'win32') {
    throw new PreconditionError('a local Postgres is not supported on Windows', {
      remedy: 'use the Windows Subsystem for Linux, or give the URL of a running Postgres',
    });
  }
  try {
    return await start(options);
  } catch (error) {
    throw FILE_ERRORS.has((error as NodeJS.ErrnoException).code ?? '')
      ? new PreconditionError(`cannot prepare a local Postgres: ${(error as Error).message}`, {
          cause: error,
          remedy: 'choose a data directory that this user can write to, or remove it if another user made it',
        })
      : error;
  }
}

async function start(options: PostgresOptions): Promise<LocalPostgres> {
  const { dataDir, durable = true, settings = {}, shutdownMs = SHUTDOWN_MS } = options;
  const log = options.log ?? (() => undefined);
  const account = await serverAccount(dataDir === undefined ? undefined : clusterDirOf(dataDir), log);
  const binaries = await reachableBinaries(options.binaries ?? (await defaultBinaries()), account, log);
  const directory = await prepareDataDirectory(dataDir, account, log);
  const lock = await takeOwnership(directory.path);
  const watchdog = startWatchdog(directory);
  const clearAway = async (): Promise<void> => {
    await watchdog.dismiss();
    await lock.release();
    // The last processes of a server that was killed write for a moment still.
    if (directory.temporary) await rm(directory.path, { recursive: true, force: true, maxRetries: 10 });
  };
  try {
    await endOrphan(directory.clusterDir, log);
    const password = await ensureCluster(binaries, directory, account, watchdog);
    const { server, port } = await startOnPort(options.port ?? 0, (candidate) =>
      startServer({
        binaries,
        directory,
        account,
        settings: serverSettings(candidate, durable, settings),
        watchdog,
      }),
    );
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
    const stop = async (): Promise<void> => {
      await endServer(server, shutdownMs);
      await clearAway();
    };
    return { url, port, dataDir: directory.path, logFile: directory.logFile, ...server, stop: once(stop) };
  } catch (error) {
    await clearAway();
    throw error;
  }
}

async function endServer(server: Server, patienceMs: number): Promise<void> {
  // Not by its id alone: once Postgres has ended by itself, the id may be another process's.
  const ended = await Promise.race([server.exited.then(() => true), setImmediate(false)]);
  if (!ended) await endPostmaster(server.pid, patienceMs);
  await server.exited;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
