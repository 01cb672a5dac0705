import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { PreconditionError, UnavailableError } from '../../errors.ts';
import type { Account } from './account.ts';
import type { PostgresBinaries } from './binaries.ts';
import type { DataDirectory } from './data-directory.ts';
import type { Watchdog } from './watchdog.ts';

/** Nothing of our own environment: neither PGDATA and its like, nor a locale whose messages nobody here could read. */
export const SERVER_ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

/**
 * Resolves with the superuser's password, once there is a database cluster in the data directory. A new one is made aside and then renamed, so that one
 * whose making was cut short never looks like a cluster. https://www.postgresql.org/docs/current/app-initdb.html
 */
export async function ensureCluster(
  binaries: PostgresBinaries,
  directory: DataDirectory,
  account: Account | undefined,
  watchdog: Watchdog,
): Promise<string> {
  const version = await readFile(join(directory.clusterDir, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version === undefined) return await createCluster(binaries, directory, account, watchdog);
  await checkMajor(binaries, directory, version.trim());
  return await readFile(directory.passwordFile, 'utf8').catch((cause: unknown) => {
    throw new PreconditionError(`cannot read the password in ${directory.passwordFile}`, {
      cause,
      remedy: `remove ${directory.path} to begin anew, or choose another data directory`,
    });
  });
}

async function createCluster(
  binaries: PostgresBinaries,
  directory: DataDirectory,
  account: Account | undefined,
  watchdog: Watchdog,
): Promise<string> {
  await removeUnfinished(directory);
  const password = randomBytes(18).toString('base64url');
  await writeFile(directory.passwordFile, password, { mode: 0o600 });
  const unfinished = `${directory.clusterDir}.unfinished`;
  await mkdir(unfinished, { mode: 0o700 });
  await chmod(unfinished, 0o700);
  if (account !== undefined) {
    await chown(directory.passwordFile, account.uid, account.gid);
    await chown(unfinished, account.uid, account.gid);
  }
  await runInitdb(binaries, unfinished, directory.passwordFile, account, watchdog);
  await rename(unfinished, directory.clusterDir);
  return password;
}

async function removeUnfinished({ path, clusterDir }: DataDirectory): Promise<void> {
  const prefix = `${basename(clusterDir)}.unfinished`;
  for (const name of await readdir(path)) {
    if (name.startsWith(prefix)) await rm(join(path, name), { recursive: true, force: true });
  }
}

async function runInitdb(
  binaries: PostgresBinaries,
  clusterDir: string,
  passwordFile: string,
  account: Account | undefined,
  watchdog: Watchdog,
): Promise<void> {
  const options = ['--username=postgres', '--encoding=UTF8', '--locale=C', '--auth=scram-sha-256'];
  const child = spawn(
    join(binaries.binDir, 'initdb'),
    [...options, `--pwfile=${passwordFile}`, '--no-sync', `--pgdata=${clusterDir}`],
    {
      ...account,
      cwd: dirname(clusterDir),
      env: SERVER_ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  );
  const exited = new Promise<number | null>((settle, reject) => {
    child.once('error', reject);
    child.once('exit', settle);
  });
  // It starts processes of its own, hence its whole group.
  if (child.pid !== undefined) watchdog.guard(-child.pid);
  const [code, stdout, stderr] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  if (code === 0) return;
  const lines = `${stdout}\n${stderr}`.trim().split('\n').slice(-8).join('\n');
  throw new UnavailableError(`initdb of ${binaries.name} failed:\n${lines}`, {
    remedy: `look into ${dirname(clusterDir)}, or choose another data directory`,
  });
}

async function checkMajor(
  binaries: PostgresBinaries,
  directory: DataDirectory,
  found: string,
): Promise<void> {
  const child = spawn(join(binaries.binDir, 'postgres'), ['--version'], {
    env: SERVER_ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = new Promise((settle, reject) => child.once('error', reject).once('exit', settle));
  const [version] = await Promise.all([text(child.stdout), exited]);
  const major = /\(PostgreSQL\) (\d+)/.exec(version)?.[1];
  if (major === undefined || major === found) return;
  throw new PreconditionError(`${directory.path} was made by Postgres ${found}, and this is ${major}`, {
    remedy: `remove ${directory.path} to begin anew, or choose another data directory`,
  });
}
