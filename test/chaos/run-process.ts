import { onTestFinished } from 'vitest';
import { type RunOptions, type RunProcess, spawnRun } from './program-run.ts';

/** Starts `wal2algolia run`. It is killed when disposed of, and at the latest when the test is over, however that ended. */
export async function startRun(options: RunOptions): Promise<RunProcess> {
  const run = await spawnRun(options);
  onTestFinished(async () => void (await run.kill()));
  return run;
}
