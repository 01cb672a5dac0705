import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { withClient } from './admin-client.ts';
import type { SharedPostgres } from './postgres-choice.ts';
import { WAL2JSON_MAJOR } from './postgres-majors.ts';

const PACKAGE = `postgresql-${WAL2JSON_MAJOR}-wal2json`;
const LIBRARIES = `usr/lib/postgresql/${WAL2JSON_MAJOR}/lib`;
const CACHE = fileURLToPath(new URL('../../.cache/wal2json', import.meta.url));
const APT_TIMEOUT_MS = 120_000;

const run = promisify(execFile);

/**
 * The directory that holds wal2json.so for a Postgres 15 of this machine, to be named in `dynamic_library_path`: the installed
 * one, else Debian's package, downloaded once and unpacked below .cache without installing anything or being root. Never rejects:
 * where it cannot be had, `reason` says why.
 */
export async function wal2jsonLibraryPath(): Promise<{ path: string } | { reason: string }> {
  const unpacked = join(CACHE, 'unpacked');
  const found = [`/${LIBRARIES}`, join(unpacked, LIBRARIES)].find((path) =>
    existsSync(join(path, 'wal2json.so')),
  );
  if (found !== undefined) return { path: found };
  if (process.platform !== 'linux') return { reason: `no wal2json: ${PACKAGE} is for Debian` };
  try {
    await mkdir(CACHE, { recursive: true });
    const work = await mkdtemp(join(CACHE, 'partial-'));
    try {
      await download(work);
      const archive = (await readdir(work)).find((name) => name.endsWith('.deb'));
      await run('dpkg-deb', ['-x', join(work, archive ?? ''), join(work, 'tree')]);
      await rm(unpacked, { recursive: true, force: true });
      await rename(join(work, 'tree'), unpacked);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    return { path: join(unpacked, LIBRARIES) };
  } catch (error) {
    return { reason: `no wal2json: ${PACKAGE} could not be downloaded (${lastLine(error as Error)})` };
  }
}

/**
 * Sees to it that this Postgres can load wal2json, and proves it with a slot; resolves with why it cannot. Tests in
 * test/integration/wal2json need to do nothing: `createDatabase` gives them one of this server, and they are skipped without it.
 */
export async function addWal2json(postgres: SharedPostgres): Promise<string | undefined> {
  if ((await whyNotLoaded(postgres.url)) === undefined) return undefined;
  if (postgres.addLibrary === undefined) return `no wal2json in ${postgres.description}`;
  const found = await wal2jsonLibraryPath();
  if ('reason' in found) return found.reason;
  await postgres.addLibrary(join(found.path, 'wal2json.so'));
  return await whyNotLoaded(postgres.url);
}

async function whyNotLoaded(url: string): Promise<string | undefined> {
  try {
    await withClient(url, (client) =>
      client.query(
        `SELECT pg_create_logical_replication_slot('wal2json_' || pg_backend_pid(), 'wal2json', true)`,
      ),
    );
    return undefined;
  } catch (error) {
    return `no wal2json: ${(error as Error).message}`;
  }
}

/** Into the directory: with the package lists of the machine, else, as they may be absent or out of date, with lists of our own. */
async function download(directory: string): Promise<void> {
  const options = { cwd: directory, timeout: APT_TIMEOUT_MS };
  // Without this, root downloads as user _apt, who cannot write here.
  const asWeAre = ['-o', 'APT::Sandbox::User=', '-o', 'Acquire::Retries=1'];
  await run('apt-get', [...asWeAre, 'download', PACKAGE], options).catch(async () => {
    const lists = join(directory, 'lists');
    const cache = join(directory, 'cache');
    await Promise.all([lists, cache].map((path) => mkdir(join(path, 'partial'), { recursive: true })));
    await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
    const apart = ['-o', `Dir::State::lists=${lists}`, '-o', `Dir::Cache=${cache}`, ...asWeAre];
    await run('apt-get', [...apart, 'update'], options);
    await run('apt-get', [...apart, 'download', PACKAGE], options);
  });
}

/** Of what a program wrote to stderr, else of the error itself. */
function lastLine(error: Error & { stderr?: string }): string {
  return (error.stderr?.trim() || error.message).split('\n').at(-1) ?? '';
}
