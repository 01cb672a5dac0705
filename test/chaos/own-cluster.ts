import pg from 'pg';
import { inject } from 'vitest';
import { type LocalPostgres, startPostgres } from '../../src/local/postgres/start-postgres.ts';
import { connect, type TestDatabase } from '../support/postgres.ts';
import { localBinaries } from '../support/postgres-choice.ts';
import { NEWEST } from '../support/postgres-majors.ts';
import { scratchDirectory } from '../support/scratch-directory.ts';

type Settings = Readonly<Record<string, string>>;

/** A Postgres of its own, which a test may end; `client` is connected to the one that runs. */
export type OwnCluster = TestDatabase & {
  /** Where its files are: `cluster` below it is what Postgres calls its data directory. */
  readonly dataDir: string;
  /** Sends this to the postmaster; resolves when Postgres has ended. */
  end(signal: 'SIGKILL' | 'SIGINT' | 'SIGQUIT'): Promise<void>;
  /** Starts it again in the same place, from now on with these settings if any are given. */
  start(settings?: Settings): Promise<void>;
};

export type OwnClusterOptions = {
  readonly settings?: Settings;
  /** Fills the directory before Postgres starts there for the first time; default: a new cluster is made. */
  readonly prepare?: (dataDir: string) => Promise<void>;
};

/** Of the major that the project's tests run on, the newest outside of tests. Disposing stops it and removes its files. */
export async function startOwnCluster(options: OwnClusterOptions = {}): Promise<OwnCluster> {
  const binaries = await localBinaries(major());
  const directory = await scratchDirectory();
  let postgres: LocalPostgres | undefined;
  let client = new pg.Client();
  let port = 0;
  let settings = options.settings ?? {};
  const dispose = async (): Promise<void> => {
    await client.end().catch(() => undefined);
    await postgres?.stop();
    await directory[Symbol.asyncDispose]();
  };
  const start = async (given = settings): Promise<void> => {
    settings = given;
    postgres = await startPostgres({ binaries, dataDir: directory.path, port, durable: false, settings });
    port = postgres.port;
    client = await connect(postgres.url);
  };
  try {
    await options.prepare?.(directory.path);
    await start();
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    start,
    end: async (signal) => {
      if (postgres === undefined) return;
      process.kill(postgres.pid, signal);
      await postgres.exited;
      await postgres.stop();
      await client.end().catch(() => undefined);
    },
    get client() {
      return client;
    },
    dataDir: postgres?.dataDir ?? directory.path,
    url: postgres?.url ?? '',
    name: 'postgres',
    slot: 'chaos',
    publication: 'chaos',
    [Symbol.asyncDispose]: dispose,
  };
}

function major(): number {
  return process.env['VITEST'] === undefined ? NEWEST : Number.parseInt(inject('postgresVersion'), 10);
}
