import { chmod, cp, lstat, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PreconditionError } from '../../errors.ts';
import { type Account, canReach } from './account.ts';
import { hydrateLibraries, type PostgresBinaries } from './binaries.ts';

/**
 * Binaries that the account can run: these, when it can reach them, else a copy below the temporary directory. A clone below
 * a directory of mode 0700 is out of reach for anyone but its owner, and so is what a strict umask installed.
 */
export async function reachableBinaries(
  binaries: PostgresBinaries,
  account: Account | undefined,
  log: (line: string) => void,
): Promise<PostgresBinaries> {
  const { treeDir } = binaries;
  if (treeDir === undefined) return binaries;
  if (await isUsable(binaries, treeDir, account)) return binaries;
  const parent = await temporaryDirectoryFor(account);
  const name = `wal2algolia-${binaries.name.replaceAll(/[^\w.-]/g, '-')}-${process.getuid?.() ?? 0}`;
  const copy = join(parent, name);
  if (!(await isWhole(copy, treeDir))) {
    log(`copying the Postgres binaries to ${copy}, where the user that runs them can reach them`);
    await replaceCopy(treeDir, copy);
  }
  return { binDir: join(copy, 'native', 'bin'), treeDir: join(copy, 'native'), name: binaries.name };
}

/** The first directory for temporary files that the account can enter. */
export async function temporaryDirectoryFor(account: Account | undefined): Promise<string> {
  for (const directory of [tmpdir(), '/tmp', '/var/tmp']) {
    if (await canReach(directory, account).catch(() => false)) return directory;
  }
  throw new PreconditionError(`the user that runs Postgres cannot enter ${tmpdir()}, /tmp or /var/tmp`, {
    remedy: 'chmod 1777 /tmp, or run as another user than root',
  });
}

async function isUsable(
  binaries: PostgresBinaries,
  treeDir: string,
  account: Account | undefined,
): Promise<boolean> {
  try {
    await hydrateLibraries(treeDir);
    for (const path of [join(binaries.binDir, 'postgres'), join(treeDir, 'lib'), join(treeDir, 'share')]) {
      if (!(await canReach(path, account))) return false;
    }
    return account === undefined || (await isReadableByAll(join(treeDir, 'pg-symlinks.json')));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false;
    throw error;
  }
}

async function isReadableByAll(path: string): Promise<boolean> {
  return ((await lstat(path)).mode & 0o004) !== 0;
}

/** A copy counts only if it is ours, since anyone may write to the temporary directory, and if nobody cleaned up in it. */
async function isWhole(copy: string, treeDir: string): Promise<boolean> {
  const found = await lstat(copy).catch(() => undefined);
  if (found === undefined) return false;
  if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid)) {
    throw new PreconditionError(`${copy} belongs to somebody else`, { remedy: `remove ${copy}` });
  }
  const [expected, present] = await Promise.all([
    readdir(treeDir, { recursive: true }),
    readdir(join(copy, 'native'), { recursive: true }).catch((): string[] => []),
  ]);
  const names = new Set(present);
  return expected.every((name) => names.has(name));
}

/** Copies aside and then renames, so that a copy is whole or absent, also while another process makes the same one. */
async function replaceCopy(treeDir: string, copy: string): Promise<void> {
  const partial = await mkdtemp(`${copy}.partial-`);
  const damaged = `${partial}.damaged`;
  const tree = join(partial, 'native');
  try {
    await cp(treeDir, tree, { recursive: true, verbatimSymlinks: true });
    await hydrateLibraries(tree);
    await openForAll(partial);
    await rename(partial, copy).catch(async () => {
      if (await isWhole(copy, treeDir)) return;
      await rename(copy, damaged);
      await rename(partial, copy);
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
    await rm(damaged, { recursive: true, force: true });
  }
}

async function openForAll(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const isProgram = entry.isDirectory() || entry.parentPath.endsWith('/bin');
    await chmod(join(entry.parentPath, entry.name), isProgram ? 0o755 : 0o644);
  }
}
