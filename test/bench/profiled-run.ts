import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scratchDirectory } from '../support/scratch-directory.ts';
import { type Log, measureScenario } from './harness.ts';
import type { BenchOptions } from './options.ts';
import { type CpuProfile, mostSelfTime, profileTable } from './profile.ts';

const FUNCTIONS = 10;

/** One drain of the first chosen scenario by our program alone, under V8's profiler. Resolves with where its time went. */
export async function profiledRun(options: BenchOptions, signal: AbortSignal, log: Log): Promise<string> {
  const [scenario] = options.scenarios;
  if (scenario === undefined) throw new Error('there is no scenario to profile');
  await using directory = await scratchDirectory();
  const nodeArguments = [...options.nodeArguments, '--cpu-prof', `--cpu-prof-dir=${directory.path}`];
  const once = { ...options, nodeArguments, runs: 1, against: undefined };
  await measureScenario({ ...scenario, readers: ['wal2algolia'] }, once, signal, log);
  const [file] = await readdir(directory.path);
  if (file === undefined) throw new Error('the program has left no profile');
  const profile = JSON.parse(await readFile(join(directory.path, file), 'utf8')) as CpuProfile;
  return profileTable(mostSelfTime(profile, FUNCTIONS));
}
