import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ReaderEndedError } from './bench-errors.ts';

/** Far more than a shutdown takes; whoever is not gone by then is killed. */
const STOP_MS = 60_000;

export type ReaderProcess = AsyncDisposable & {
  readonly pid: number;
  /** With which exit code or signal it has ended; undefined while it lives. */
  ended(): number | string | undefined;
  /** SIGTERM; resolves with the exit code once it has drained, and with null after a minute, when it had to be killed. */
  stop(): Promise<number | null>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
};

/** Disposing kills it. What it prints goes to our stderr, since stdout is for what was measured. */
export function startReaderProcess(
  command: string,
  parameters: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): ReaderProcess {
  const child = spawn(command, parameters, { stdio: ['ignore', 2, 2], env });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const { pid } = child;
  if (pid === undefined) throw new ReaderEndedError(`${command} could not be started`);
  const signal = async (name: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (endOf(child) === undefined) child.kill(name);
    await gone;
  };
  return {
    pid,
    ended: () => endOf(child),
    stop: async () => {
      const killing = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await signal('SIGTERM');
      clearTimeout(killing);
      return child.exitCode;
    },
    kill: () => signal('SIGKILL'),
    [Symbol.asyncDispose]: () => signal('SIGKILL'),
  };
}

/** One of the programs beside this file, which lack a build. */
export function scriptParameters(file: string, ...parameters: readonly string[]): readonly string[] {
  return ['--import', 'jiti/register', fileURLToPath(new URL(file, import.meta.url)), ...parameters];
}

function endOf({ exitCode, signalCode }: ChildProcess): number | string | undefined {
  return exitCode ?? signalCode ?? undefined;
}
