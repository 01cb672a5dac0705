import pg from 'pg';
import {
  embeddedBinaries,
  type PostgresBinaries,
  systemBinaries,
} from '../../src/local/postgres/binaries.ts';
import { startPostgres } from '../../src/local/postgres/start-postgres.ts';

/** The Postgres that the whole run shares: one cluster, in which each test makes a database of its own. */
export type SharedPostgres = { readonly url: string; readonly description: string; stop(): Promise<void> };

/**
 * Takes the one at WAL2ALGOLIA_TEST_DATABASE_URL, else the embedded binaries, else the system's. Which of them it has to be can be
 * said by WAL2ALGOLIA_TEST_POSTGRES: url, embedded or system. Rejects when that one is not there or cannot decode.
 */
export async function startSharedPostgres(): Promise<SharedPostgres> {
  const url = process.env['WAL2ALGOLIA_TEST_DATABASE_URL'] || undefined;
  const forced = process.env['WAL2ALGOLIA_TEST_POSTGRES'] || undefined;
  if (forced !== undefined && !['url', 'embedded', 'system'].includes(forced)) {
    throw new Error(`WAL2ALGOLIA_TEST_POSTGRES is "${forced}": expected url, embedded or system`);
  }
  if (forced === 'url' && url === undefined) {
    throw new Error('WAL2ALGOLIA_TEST_POSTGRES=url needs WAL2ALGOLIA_TEST_DATABASE_URL');
  }
  if (url !== undefined && (forced === undefined || forced === 'url')) return await givenPostgres(url);
  const embedded = forced === 'system' ? undefined : await embeddedBinaries();
  const binaries = embedded ?? (forced === 'embedded' ? undefined : (await systemBinaries())[0]);
  if (binaries === undefined) {
    throw new Error(
      `no Postgres for the tests (looked for: ${forced ?? 'embedded, system'}); npm ci installs one`,
    );
  }
  return await startedPostgres(binaries);
}

async function givenPostgres(url: string): Promise<SharedPostgres> {
  const version = await checkedVersion(url);
  return { url, description: `Postgres ${version} at WAL2ALGOLIA_TEST_DATABASE_URL`, stop: async () => {} };
}

async function startedPostgres(binaries: PostgresBinaries): Promise<SharedPostgres> {
  const postgres = await startPostgres({
    binaries,
    durable: false,
    settings: { max_connections: '200', max_replication_slots: '100', max_wal_senders: '100' },
  });
  const version = await checkedVersion(postgres.url);
  return { url: postgres.url, description: `Postgres ${version} (${binaries.name})`, stop: postgres.stop };
}

async function checkedVersion(url: string): Promise<string> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ wal_level: string; version: string }>(
      `SELECT current_setting('wal_level') AS wal_level, current_setting('server_version') AS version`,
    );
    const found = rows[0];
    if (found?.wal_level === 'logical') return found.version;
    throw new Error(
      `the Postgres of the tests has wal_level=${found?.wal_level}: set wal_level=logical and restart it`,
    );
  } finally {
    await client.end();
  }
}
