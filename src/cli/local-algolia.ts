import { EXIT, type ExitCode } from '../errors.ts';
import { startAlgoliaServer } from '../local/algolia/server.ts';
import type { Context } from './context.ts';
import { stopped } from './stopped.ts';

export type LocalAlgoliaFlags = {
  readonly host: string;
  readonly port: number;
  readonly dataDir?: string;
  readonly taskDelayMs: number;
  readonly recordBytesMax: number;
  readonly appId: string;
  readonly adminKey: string;
  readonly searchKey: string;
  readonly faults?: boolean;
  readonly json?: boolean;
};

/** Serves until told to stop. */
export async function localAlgolia({ output, signal }: Context, flags: LocalAlgoliaFlags): Promise<ExitCode> {
  const server = await startAlgoliaServer(flags);
  const { url, appId, adminKey, searchKey } = server;
  output.json({ url, appId, adminKey, searchKey });
  output.table([
    ['ALGOLIA_HOSTS', url],
    ['ALGOLIA_APP_ID', appId],
    ['ALGOLIA_API_KEY', adminKey],
    ['ALGOLIA_SEARCH_KEY', searchKey],
  ]);
  await stopped(signal);
  await server.close();
  return EXIT.done;
}
