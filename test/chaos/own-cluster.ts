import pg from 'pg';
import { type LocalPostgres, startPostgres } from '../../src/local/postgres/start-postgres.ts';
import { connect, type TestDatabase } from '../support/postgres.ts';
import { scratchDirectory } from '../support/scratch-directory.ts';

/** A Postgres of its own, which a test may end; `client` is connected to the one that runs. */
export type OwnCluster = TestDatabase & {
  /** Sends this to the postmaster; resolves when Postgres has ended. */
  end(signal: 'SIGKILL' | 'SIGINT' | 'SIGQUIT'): Promise<void>;
  /** Starts it again in the same place. */
  start(): Promise<void>;
};

/** Disposing stops it and removes its files. */
export async function startOwnCluster(settings: Readonly<Record<string, string>> = {}): Promise<OwnCluster> {
  const directory = await scratchDirectory();
  let postgres: LocalPostgres | undefined;
  let client = new pg.Client();
  let port = 0;
  const start = async (): Promise<void> => {
    postgres = await startPostgres({ dataDir: directory.path, port, durable: false, settings });
    port = postgres.port;
    client = await connect(postgres.url);
  };
  const dispose = async (): Promise<void> => {
    await client.end().catch(() => undefined);
    await postgres?.stop();
    await directory[Symbol.asyncDispose]();
  };
  try {
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
    url: postgres?.url ?? '',
    name: 'postgres',
    slot: 'chaos',
    publication: 'chaos',
    [Symbol.asyncDispose]: dispose,
  };
}
