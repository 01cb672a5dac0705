import { execFile } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Machine = {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
};

/** A program that was measured, and what it was built from; without a commit when it is not in a work tree. */
export type MeasuredProgram = {
  readonly reader: string;
  readonly commit: string | null;
  /** Whether everything in the work tree was committed. */
  readonly clean: boolean | null;
};

export function describeMachine(): Machine {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: `${type()} ${release()}`,
    node: process.version,
  };
}

export async function describeProgram(reader: string, program: string): Promise<MeasuredProgram> {
  const git = async (...parameters: readonly string[]): Promise<string> =>
    (await run('git', ['-C', dirname(program), ...parameters])).stdout.trim();
  try {
    const commit = await git('rev-parse', 'HEAD');
    return { reader, commit, clean: (await git('status', '--porcelain')) === '' };
  } catch {
    return { reader, commit: null, clean: null };
  }
}
