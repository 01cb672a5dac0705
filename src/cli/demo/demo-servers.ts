import { join } from 'node:path';
import { Wal2AlgoliaError } from '../../errors.ts';
import { type AlgoliaServer, startAlgoliaServer } from '../../local/algolia/server.ts';
import { type LocalPostgres, startPostgres } from '../../local/postgres/start-postgres.ts';

const ALGOLIA_PORT = 7700;

export type DemoServers = {
  readonly postgres: LocalPostgres;
  readonly algolia: AlgoliaServer;
  close(): Promise<void>;
};

/** Postgres on a free port and Algolia on 7700, or a free one when that is taken. Without a directory nothing of them stays. */
export async function startDemoServers(
  dataDir: string | undefined,
  log: (line: string) => void,
): Promise<DemoServers> {
  const postgres = await startPostgres({
    ...(dataDir === undefined ? {} : { dataDir: join(dataDir, 'postgres') }),
    log,
  });
  try {
    const algolia = await startAlgolia(dataDir, log);
    return {
      postgres,
      algolia,
      close: async () => {
        await algolia.close();
        await postgres.stop();
      },
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

async function startAlgolia(
  dataDir: string | undefined,
  log: (line: string) => void,
): Promise<AlgoliaServer> {
  const options = dataDir === undefined ? {} : { dataDir: join(dataDir, 'algolia') };
  try {
    return await startAlgoliaServer({ ...options, port: ALGOLIA_PORT });
  } catch (error) {
    if (!isPortTaken(error)) throw error;
    const server = await startAlgoliaServer({ ...options, port: 0 });
    log(`port ${ALGOLIA_PORT} is taken: the local Algolia took ${server.port}`);
    return server;
  }
}

function isPortTaken(error: unknown): boolean {
  if (!(error instanceof Wal2AlgoliaError) || !(error.cause instanceof Error)) return false;
  return 'code' in error.cause && error.cause.code === 'EADDRINUSE';
}
