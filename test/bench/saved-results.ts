import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine, MeasuredProgram } from './machine.ts';
import type { ScenarioResult } from './result.ts';

export type BenchResult = {
  /** ISO 8601, UTC. */
  readonly measuredAt: string;
  readonly runs: number;
  readonly machine: Machine;
  readonly programs: readonly MeasuredProgram[];
  readonly scenarios: readonly ScenarioResult[];
};

const DIRECTORY = fileURLToPath(new URL('../../bench/results', import.meta.url));

/** Resolves with the file's path. Replaces what was saved under this name on the same day. */
export async function saveResult(result: BenchResult, name: string, directory = DIRECTORY): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${result.measuredAt.slice(0, 10)}-${name}.json`);
  await writeFile(path, `${JSON.stringify(result, undefined, 2)}\n`);
  return path;
}

/** The one that was measured last of those that fit. */
export async function newestResult(
  fits: (result: BenchResult) => boolean,
  directory = DIRECTORY,
): Promise<BenchResult | undefined> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.json'));
  const results = await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(directory, name), 'utf8')) as BenchResult),
  );
  return results.filter(fits).toSorted((a, b) => b.measuredAt.localeCompare(a.measuredAt))[0];
}
