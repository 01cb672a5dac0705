import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const BENCH = fileURLToPath(new URL('../../bench/bench.ts', import.meta.url));

export type BenchCommand = {
  readonly child: ChildProcess;
  /** Resolves when it has ended. */
  readonly ended: Promise<{
    readonly exitCode: number | null;
    readonly stdout: string;
    readonly stderr: string;
  }>;
};

/** What `npm run bench` runs once it has built, with its temporary files in a directory that may be given. */
export function startBench(parameters: readonly string[], temporary?: string): BenchCommand {
  const child = spawn(process.execPath, ['--import', 'jiti/register', BENCH, ...parameters], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(temporary === undefined ? {} : { TMPDIR: temporary }) },
  });
  const heard = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    heard.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    heard.stderr += text;
  });
  const ended = new Promise<Awaited<BenchCommand['ended']>>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, ...heard }));
  });
  return { child, ended };
}
