import { chmod, copyFile, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import {
  embeddedBinaries,
  type PostgresBinaries,
  systemBinaries,
} from '../../src/local/postgres/binaries.ts';
import { startPostgres } from '../../src/local/postgres/start-postgres.ts';
import { withClient } from './admin-client.ts';
import { startContainerPostgres } from './container-postgres.ts';
import { allowedSources, givenUrl, NEWEST, type PostgresSource } from './postgres-majors.ts';
import { waitFor } from './wait-for.ts';

/** A Postgres that all tests of a project share: one cluster, in which each test makes a database of its own. */
export type SharedPostgres = {
  /** As superuser. */
  readonly url: string;
  /** As `server_version` says it, without what the packager added. */
  readonly version: string;
  readonly description: string;
  /** Puts a library of this machine where the server can load it; absent where nobody can. */
  addLibrary?(file: string): Promise<void>;
  stop(): Promise<void>;
};

type Missing = { readonly missing: string };

const SETTINGS = {
  max_connections: '200',
  max_replication_slots: '100',
  max_wal_senders: '100',
  max_prepared_transactions: '20',
};

const START: Record<PostgresSource, (major: number | undefined) => Promise<SharedPostgres | Missing>> = {
  url: async (major) => {
    const url = givenUrl();
    if (url === undefined) return { missing: 'no WAL2ALGOLIA_TEST_DATABASE_URL' };
    const version = await checkedVersion(url);
    return major === undefined || Number.parseInt(version, 10) === major
      ? {
          url,
          version,
          description: `Postgres ${version} at WAL2ALGOLIA_TEST_DATABASE_URL`,
          stop: async () => {},
        }
      : { missing: `the one at WAL2ALGOLIA_TEST_DATABASE_URL is ${version}` };
  },
  docker: async (major = NEWEST) => {
    const settings = {
      ...SETTINGS,
      wal_level: 'logical',
      timezone: 'UTC',
      fsync: 'off',
      full_page_writes: 'off',
    };
    const container = await startContainerPostgres(major, settings);
    if ('missing' in container) return container;
    const version = await checkedVersion(container.url);
    return { ...container, version, description: `Postgres ${version} (container of ${container.image})` };
  },
  embedded: async (major) => {
    const binaries = await embeddedOf(major);
    return binaries === undefined
      ? { missing: 'no embedded binaries (npm ci)' }
      : await startBinaries(binaries);
  },
  system: async (major) => {
    const binaries = await systemOf(major);
    return binaries === undefined ? { missing: 'none is installed' } : await startBinaries(binaries);
  },
};

/**
 * Takes the one at WAL2ALGOLIA_TEST_DATABASE_URL, else a container where a Docker engine answers, else the embedded binaries, else the
 * system's; WAL2ALGOLIA_TEST_POSTGRES says which of them it has to be. Each must be of this major if one is asked for, else it is
 * the newest: of Docker the newest of all, not the newest image that happens to be there. Resolves with why there is none;
 * rejects when the one that is there cannot start or cannot decode.
 */
export async function startSharedPostgres(major?: number): Promise<SharedPostgres | Missing> {
  const missing: string[] = [];
  for (const source of allowedSources()) {
    const found = await START[source](major);
    if (!('missing' in found)) return found;
    missing.push(`${source}: ${found.missing}`);
  }
  return {
    missing: `no Postgres${major === undefined ? '' : ` ${major}`} for the tests (${missing.join('; ')})`,
  };
}

/** For a test that starts a Postgres of its own. Rejects when this machine has no binaries of that major. */
export async function localBinaries(major: number): Promise<PostgresBinaries> {
  const found = (await embeddedOf(major)) ?? (await systemOf(major));
  if (found !== undefined) return found;
  throw new Error(
    `no binaries of Postgres ${major} on this machine: run npm ci, or install Debian's packages`,
  );
}

async function embeddedOf(major: number | undefined): Promise<PostgresBinaries | undefined> {
  const newest = await embeddedBinaries();
  const isNewest = major === undefined || newest?.name.startsWith(`embedded ${major}.`);
  return isNewest ? newest : await olderBinaries(major);
}

async function systemOf(major: number | undefined): Promise<PostgresBinaries | undefined> {
  const installed = await systemBinaries();
  return major === undefined ? installed[0] : installed.find(({ name }) => name === `system ${major}`);
}

/**
 * Of the workspace test/support/postgres, which is for linux-x64 only and which `npm ci --workspaces=false` leaves out. Throws when
 * it was installed without them: npm leaves out in silence what is optional and could not be had.
 */
async function olderBinaries(major: number): Promise<PostgresBinaries | undefined> {
  const { resolve } = createRequire(import.meta.url);
  const entry = resolved(() => resolve(`postgres-${major}`));
  if (entry !== undefined) {
    const root = dirname(dirname(entry));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    const treeDir = join(root, 'native');
    return { binDir: join(treeDir, 'bin'), treeDir, name: `embedded ${version}` };
  }
  const isExpected = process.platform === 'linux' && process.arch === 'x64';
  if (isExpected && resolved(() => resolve('wal2algolia-test-postgres/package.json')) !== undefined) {
    throw new Error(`the workspace test/support/postgres is installed without postgres-${major}: run npm ci`);
  }
  return undefined;
}

function resolved(resolve: () => string): string | undefined {
  try {
    return resolve();
  } catch {
    return undefined;
  }
}

async function startBinaries(binaries: PostgresBinaries): Promise<SharedPostgres> {
  const postgres = await startPostgres({ binaries, durable: false, settings: SETTINGS });
  const { url, dataDir, stop } = postgres;
  const version = await checkedVersion(url);
  return {
    url,
    version,
    description: `Postgres ${version} (${binaries.name})`,
    // The one directory that whoever runs the server is sure to reach.
    addLibrary: async (file) => {
      const target = join(dataDir, basename(file));
      await copyFile(file, target);
      await chmod(target, 0o644);
      await withClient(url, async (client) => {
        // https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-DYNAMIC-LIBRARY-PATH
        await client.query(`ALTER SYSTEM SET dynamic_library_path = '$libdir:${dataDir}'`);
        await client.query('SELECT pg_reload_conf()');
        await waitFor(
          async () =>
            (await client.query('SHOW dynamic_library_path')).rows[0].dynamic_library_path.includes(dataDir),
          { description: 'the server to read dynamic_library_path' },
        );
      });
    },
    stop,
  };
}

async function checkedVersion(url: string): Promise<string> {
  return await withClient(url, async (client) => {
    const { rows } = await client.query<{ wal_level: string; version: string }>(
      `SELECT current_setting('wal_level') AS wal_level, split_part(current_setting('server_version'), ' ', 1) AS version`,
    );
    const found = rows[0];
    if (found?.wal_level === 'logical') return found.version;
    throw new Error(
      `the Postgres of the tests has wal_level=${found?.wal_level}: set wal_level=logical and restart it`,
    );
  });
}
