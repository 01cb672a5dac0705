import { runCli } from '../../../src/cli/program.ts';
import type { TestDatabase } from '../../support/postgres.ts';

export type InitRun = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** The command `init` in this process, with the environment and the directory that are given alone. */
export async function runInit(
  database: Pick<TestDatabase, 'url'>,
  cwd: string,
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<InitRun> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const code = await runCli(['init', ...args], {
    stdout: { write: (text) => stdout.push(text) },
    stderr: { write: (text) => stderr.push(text) },
    signal: new AbortController().signal,
    environment: { DATABASE_URL: database.url, ...environment },
    cwd,
  });
  return { code, stdout: stdout.join(''), stderr: stderr.join('') };
}
