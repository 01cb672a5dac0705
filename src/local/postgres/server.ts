import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UnavailableError } from '../../errors.ts';
import type { Account } from './account.ts';
import type { PostgresBinaries } from './binaries.ts';
import { SERVER_ENVIRONMENT } from './cluster.ts';
import type { DataDirectory } from './data-directory.ts';
import { readPostmasterFile } from './orphan.ts';
import { endPostmaster } from './process-table.ts';
import type { Watchdog } from './watchdog.ts';

const POLL_MS = 20;
/** Crash recovery after a long run may take its time. */
const READY_MS = 300_000;

/** How a server process ended. */
export type ServerExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type Server = { readonly pid: number; readonly exited: Promise<ServerExit> };

export type ServerStart = {
  readonly binaries: PostgresBinaries;
  readonly directory: DataDirectory;
  readonly account: Account | undefined;
  readonly settings: readonly string[];
  readonly watchdog: Watchdog;
};

/** Resolves once Postgres accepts connections; rejects with a StartFailure when it ends before that. */
export async function startServer(start: ServerStart): Promise<Server> {
  // Process ids repeat, in containers from start to start: a predecessor's file must not pass for this server's.
  const predecessor = await readPostmasterFile(start.directory.clusterDir);
  const server = await spawnServer(start);
  const exited = server.exited.then(() => 'exited' as const);
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const file = await readPostmasterFile(start.directory.clusterDir);
    const isOld = file?.pid === predecessor?.pid && file?.startedAt === predecessor?.startedAt;
    if (file?.pid === server.pid && file.status === 'ready' && !isOld) return server;
    if ((await Promise.race([exited, delay(POLL_MS)])) === 'exited') {
      throw new StartFailure(start.binaries.name, await lastLines(start.directory.logFile));
    }
    if (performance.now() > deadline) {
      await endPostmaster(server.pid, 1000);
      throw new StartFailure(start.binaries.name, await lastLines(start.directory.logFile));
    }
  }
}

async function spawnServer(start: ServerStart): Promise<Server> {
  const { binaries, directory, account, settings, watchdog } = start;
  // Into a file: a pipe would fill up while our event loop is busy or frozen, and hold up Postgres with it.
  const log = await open(directory.logFile, 'w', 0o600);
  try {
    // Detached: a Ctrl-C in the terminal goes to the whole foreground group, and Postgres would go down before its followers.
    const child = spawn(join(binaries.binDir, 'postgres'), ['-D', directory.clusterDir, ...settings], {
      ...account,
      cwd: directory.path,
      env: SERVER_ENVIRONMENT,
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
    });
    const exited = new Promise<ServerExit>((settle) => {
      child.once('exit', (code, signal) => settle({ code, signal }));
    });
    if (child.pid === undefined) {
      const cause = await new Promise((settle) => child.once('error', settle));
      throw new UnavailableError(`cannot run ${join(binaries.binDir, 'postgres')}`, { cause });
    }
    watchdog.guard(child.pid);
    return { pid: child.pid, exited };
  } finally {
    await log.close();
  }
}

async function lastLines(logFile: string): Promise<string> {
  const log = await readFile(logFile, 'utf8').catch(() => '');
  return log.trimEnd().split('\n').slice(-10).join('\n');
}

/** Postgres ended before it was ready; the message holds the last lines of its log. */
export class StartFailure extends UnavailableError {
  readonly portTaken: boolean;
  readonly oldBackendsAlive: boolean;

  constructor(name: string, lines: string) {
    super(`Postgres (${name}) did not start:\n${lines}`, { remedy: 'see the lines of its log above' });
    this.portTaken = /could not bind .*: Address already in use/.test(lines);
    this.oldBackendsAlive = /pre-existing shared memory block .* is still in use/.test(lines);
  }
}
