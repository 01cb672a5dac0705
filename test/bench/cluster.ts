import {
  defaultBinaries,
  embeddedBinaries,
  type PostgresBinaries,
  systemBinaries,
} from '../../src/local/postgres/binaries.ts';
import { type LocalPostgres, startPostgres } from '../../src/local/postgres/start-postgres.ts';
import { wal2jsonLibraryPath } from '../support/wal2json.ts';
import type { Scenario } from './scenarios.ts';

export type PostgresSource = 'system' | 'embedded';

export type Cluster = LocalPostgres & { readonly binaries: PostgresBinaries };

/** What a scenario needs is not on this machine. */
export type NotMeasured = { readonly notMeasured: string };

/** Nothing happens of its own accord while somebody is measured. */
const SETTINGS = { max_wal_size: '16GB', checkpoint_timeout: '1h', autovacuum: 'off' };

/** A Postgres for this scenario alone, stopped by `stop`. */
export async function startCluster(
  { plugin }: Scenario,
  source: PostgresSource | undefined,
): Promise<Cluster | NotMeasured> {
  const binaries = await binariesFrom(source);
  if (plugin === 'pgoutput') {
    return { ...(await startPostgres({ binaries, durable: false, settings: SETTINGS })), binaries };
  }
  const library = await wal2jsonLibraryPath();
  if ('reason' in library) return { notMeasured: library.reason };
  // https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-DYNAMIC-LIBRARY-PATH
  const settings = { ...SETTINGS, dynamic_library_path: `$libdir:${library.path}` };
  return { ...(await startPostgres({ binaries, durable: false, settings })), binaries };
}

/** The system's newest, beside which lies pg_recvlogical, else the embedded one; or the one that is asked for. */
async function binariesFrom(source: PostgresSource | undefined): Promise<PostgresBinaries> {
  const found = source === 'embedded' ? await embeddedBinaries() : (await systemBinaries())[0];
  if (found === undefined && source !== undefined) throw new Error(`there is no ${source} Postgres here`);
  return found ?? (await defaultBinaries());
}
