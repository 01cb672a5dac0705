import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { waitFor } from './wait-for.ts';

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type Program = AsyncDisposable & {
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
};

export const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export type ProgramOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly main?: string;
};

/** The built program as its own process, with no environment but what is given. Disposing kills it and waits for its end. */
export function startProgram(args: readonly string[], options: ProgramOptions = {}): Program {
  const { env = {}, cwd = tmpdir(), main = MAIN } = options;
  const child: ChildProcess = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  // A character may arrive in two parts.
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    texts.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    texts.stderr += text;
  });
  const ended = once(child, 'close').then(([code, signal]): Ended => ({ code, signal }));
  return {
    pid: child.pid ?? 0,
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    ended,
    kill: (signal) => void child.kill(signal),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Where a started `run` or `demo` serves its state, once it has said so in its log. */
export async function listeningUrl(program: Program): Promise<string> {
  return waitFor(() => /"address":"(http:[^"]+)"/.exec(program.stderr())?.[1], {
    description: 'the program to say where it listens',
  });
}
