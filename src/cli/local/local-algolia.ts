import { ConfigError, EXIT, type ExitCode } from '../../errors.ts';
import { type ApiKey, isRight } from '../../local/algolia/api-key.ts';
import { startAlgoliaServer } from '../../local/algolia/server.ts';
import type { Context } from '../context.ts';
import { stopped } from '../stopped.ts';

export type LocalAlgoliaFlags = {
  readonly host: string;
  readonly port: number;
  readonly dataDir?: string;
  readonly taskDelayMs: number;
  readonly recordBytesMax: number;
  readonly infrastructure: 'old' | 'new';
  readonly appId: string;
  readonly adminKey: string;
  readonly searchKey: string;
  /** Each `VALUE=RIGHT,RIGHT@INDEX,INDEX`. */
  readonly key?: readonly string[];
  readonly faults?: boolean;
  readonly json?: boolean;
};

/** Serves until told to stop. Rejects with a ConfigError for a key that makes no sense. */
export async function localAlgolia({ output, signal }: Context, flags: LocalAlgoliaFlags): Promise<ExitCode> {
  const { key: keys = [], ...options } = flags;
  const server = await startAlgoliaServer({ ...options, keys: keys.map(readKey) });
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

/** The text is a secret: the error says only which of the keys it is. */
function readKey(text: string, place: number): ApiKey {
  const match = /^(.+)=([a-zA-Z,]+)(?:@(.+))?$/.exec(text);
  const [, value = '', rights = '', indexes] = match ?? [];
  const acl = rights.split(',').filter(isRight);
  if (value === '' || acl.length < rights.split(',').length) {
    throw new ConfigError(`--key ${place + 1} is not VALUE=RIGHT[,RIGHT...][@INDEX[,INDEX...]]`, {
      remedy: "use the names of Algolia's rights, as in addObject,deleteObject@audit_*",
    });
  }
  return { value, acl, ...(indexes === undefined ? {} : { indexes: indexes.split(',') }) };
}
