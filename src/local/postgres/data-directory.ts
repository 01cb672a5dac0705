import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp, readdir, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PreconditionError } from '../../errors.ts';
import { type Account, canReach } from './account.ts';
import { temporaryDirectoryFor } from './binary-copy.ts';

/** What we keep in a data directory: Postgres's own one below it, its log, the password and who owns it. */
export type DataDirectory = {
  readonly path: string;
  readonly clusterDir: string;
  readonly logFile: string;
  readonly passwordFile: string;
  /** Made for this run only, and removed after it. */
  readonly temporary: boolean;
};

/**
 * A data directory that the account can reach: the one asked for, or without one a new temporary one. Where root asks for one
 * below a directory that only root may enter, it is one below /var/tmp instead, the same each time for the same request.
 */
export async function prepareDataDirectory(
  requested: string | undefined,
  account: Account | undefined,
  log: (line: string) => void,
): Promise<DataDirectory> {
  if (requested === undefined) {
    const path = await mkdtemp(join(await temporaryDirectoryFor(account), 'wal2algolia-postgres-'));
    if (account !== undefined) await chmod(path, 0o755);
    return layout(await realpath(path), true);
  }
  const path = await makeDirectories(resolve(requested), account === undefined ? 0o700 : 0o755);
  if (await canReach(path, account)) return layout(path, false);
  if ((await canReach(dirname(path), account)) && (await isOurs(path))) {
    await chmod(path, 0o711);
    return layout(path, false);
  }
  const substitute = await substituteFor(path, account);
  log(`the user that runs Postgres cannot enter ${path}: its files are in ${substitute}`);
  return layout(substitute, false);
}

export function clusterDirOf(dataDir: string): string {
  return join(dataDir, 'cluster');
}

function layout(path: string, temporary: boolean): DataDirectory {
  return {
    path,
    clusterDir: clusterDirOf(path),
    logFile: join(path, 'postgres.log'),
    passwordFile: join(path, 'password'),
    temporary,
  };
}

async function makeDirectories(path: string, mode: number): Promise<string> {
  const first = await mkdir(path, { recursive: true, mode });
  // The umask may have taken bits away from what was made just now.
  for (let made = path; first !== undefined && made.length >= first.length; made = dirname(made)) {
    await chmod(made, mode);
  }
  return await realpath(path);
}

/** A directory whose mode we may change: an empty one, as `mktemp -d` leaves it, or one that we used before. */
async function isOurs(path: string): Promise<boolean> {
  const names = await readdir(path);
  return names.length === 0 || names.includes('cluster');
}

async function substituteFor(path: string, account: Account | undefined): Promise<string> {
  const parent = (await canReach('/var/tmp', account).catch(() => false))
    ? '/var/tmp'
    : await temporaryDirectoryFor(account);
  const digest = createHash('sha256').update(path).digest('hex').slice(0, 16);
  const substitute = join(parent, `wal2algolia-postgres-${digest}`);
  await makeDirectories(substitute, 0o755);
  const { uid } = await lstat(substitute);
  // Anyone may write to the parent, so a directory of that name could be somebody else's trap.
  if (uid !== process.getuid?.() || (await lstat(substitute)).isSymbolicLink()) {
    throw new PreconditionError(`${substitute} belongs to somebody else`, {
      remedy: `remove ${substitute}, or choose a data directory that every user can enter`,
    });
  }
  return substitute;
}
