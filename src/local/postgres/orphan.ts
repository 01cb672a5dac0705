import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandLineOf, endPostmaster, isAlive } from './process-table.ts';

const PATIENCE_MS = 10_000;

/** What a postmaster says about itself in `postmaster.pid`; `status` is "ready" once it accepts connections. */
export type PostmasterFile = { readonly pid: number; readonly startedAt: string; readonly status: string };

/** The lines of that file: https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/utils/pidfile.h */
export async function readPostmasterFile(clusterDir: string): Promise<PostmasterFile | undefined> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, startedAt: lines[2] ?? '', status: lines[7]?.trim() ?? '' };
}

/**
 * Ends the Postgres that a dead owner left running in this directory, if any. To be called by the directory's owner only,
 * since then nobody else can be using it.
 */
export async function endOrphan(clusterDir: string, log: (line: string) => void): Promise<void> {
  const found = await readPostmasterFile(clusterDir);
  if (found === undefined || !isAlive(found.pid)) return;
  if ((await commandLineOf(found.pid)).includes(clusterDir)) {
    log(`ending the Postgres (process ${found.pid}) that an earlier run left in ${clusterDir}`);
    await endPostmaster(found.pid, PATIENCE_MS);
    return;
  }
  // The id now belongs to another process, which Postgres could mistake for its predecessor. It never does so with its own
  // parent, and removing the file instead would take away its check for old backends, whose shared memory the file names.
  const path = join(clusterDir, 'postmaster.pid');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace(/^\d+/, String(process.pid)));
}
