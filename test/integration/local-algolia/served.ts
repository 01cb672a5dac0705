import { Agent } from 'node:http';
import { createHttpRequester } from '@algolia/requester-node-http';
import { type Algoliasearch, algoliasearch } from 'algoliasearch';
import {
  type AlgoliaServer,
  type AlgoliaServerOptions,
  startAlgoliaServer,
} from '../../../src/local/algolia/server.ts';

export type Served = AsyncDisposable & { readonly server: AlgoliaServer; readonly client: Algoliasearch };

/** A server on a free port and the official client with the admin key. */
export async function served(options: Partial<AlgoliaServerOptions> = {}): Promise<Served> {
  const server = await startAlgoliaServer({ port: 0, ...options });
  const client = clientOf(server.port, server.appId, server.adminKey);
  return { server, client, [Symbol.asyncDispose]: () => server.close() };
}

/** One attempt a call, so that a test sees what the server did; sockets of its own. */
export function clientOf(
  port: number,
  appId: string,
  key: string,
  options: { compression?: 'gzip' } = {},
): Algoliasearch {
  return algoliasearch(appId, key, {
    hosts: [{ url: '127.0.0.1', port, protocol: 'http', accept: 'readWrite' }],
    timeouts: { connect: 60_000, read: 60_000, write: 60_000 },
    maxRateLimitRetries: 0,
    requester: createHttpRequester({ httpAgent: new Agent({ keepAlive: true }) }),
    ...options,
  });
}

/** Writes rows and waits until they can be found. */
export async function save(
  client: Algoliasearch,
  indexName: string,
  objects: Record<string, unknown>[],
): Promise<void> {
  await client.saveObjects({ indexName, objects, waitForTasks: true });
}
