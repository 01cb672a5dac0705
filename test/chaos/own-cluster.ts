import pg from 'pg';
import { onTestFinished } from 'vitest';
import { type LocalPostgres, startPostgres } from '../../src/local/postgres/start-postgres.ts';
import { connect, type TestDatabase } from '../support/postgres.ts';
import { scratchDirectory } from '../support/scratch-directory.ts';

/** A Postgres of the test's own, which it may end; `client` is connected to the one that runs. */
export type OwnCluster = TestDatabase & {
  /** Sends this to the postmaster; resolves when Postgres has ended. */
  end(signal: 'SIGKILL' | 'SIGINT'): Promise<void>;
  /** Starts it again in the same place. */
  start(): Promise<void>;
};

/** It is stopped, and its files are removed, when the test is over. */
export async function startOwnCluster(): Promise<OwnCluster> {
  const directory = await scratchDirectory();
  let postgres: LocalPostgres | undefined;
  let client = new pg.Client();
  let port = 0;
  const dispose = async (): Promise<void> => {
    await client.end().catch(() => undefined);
    await postgres?.stop();
    await directory[Symbol.asyncDispose]();
  };
  onTestFinished(dispose);
  const start = async (): Promise<void> => {
    postgres = await startPostgres({ dataDir: directory.path, port, durable: false });
    port = postgres.port;
    client = await connect(postgres.url);
  };
  await start();
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
