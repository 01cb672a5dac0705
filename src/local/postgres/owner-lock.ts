import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PreconditionError } from '../../errors.ts';
import { incarnationOf } from './process-table.ts';

export type OwnerLock = { release(): Promise<void> };

let takenByUs = 0;

/**
 * Makes this process the one owner of a data directory until released or dead. Rejects with a PreconditionError while another
 * owner lives: its Postgres must not be taken for an orphan and ended.
 */
export async function takeOwnership(directory: string): Promise<OwnerLock> {
  const path = join(directory, 'owner');
  takenByUs += 1;
  const ours = `${path}.${process.pid}.${takenByUs}`;
  const content = `${process.pid} ${await incarnationOf(process.pid)}\n`;
  await writeFile(ours, content, { mode: 0o644 });
  try {
    // A link appears whole or not at all, and only one process can make it.
    while (!(await linked(ours, path))) await removeIfStale(path, `${ours}.stale`, directory);
  } finally {
    await rm(ours, { force: true });
  }
  return { release: () => rm(path, { force: true }) };
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeIfStale(path: string, aside: string, directory: string): Promise<void> {
  const seen = await readFile(path, 'utf8').catch(() => undefined);
  if (seen === undefined) return;
  const [pid = '', ...rest] = seen.trim().split(' ');
  const incarnation = rest.join(' ');
  if (incarnation !== '' && incarnation === (await incarnationOf(Number(pid)))) {
    throw new PreconditionError(`the data directory ${directory} is in use by process ${pid}`, {
      remedy: 'stop that process, or choose another data directory',
    });
  }
  // Moving it aside and looking again: between reading and removing, a third process may have put its own in its place.
  await rename(path, aside).catch(() => undefined);
  const moved = await readFile(aside, 'utf8').catch(() => undefined);
  if (moved !== undefined && moved !== seen) await linked(aside, path);
  await rm(aside, { force: true });
}
