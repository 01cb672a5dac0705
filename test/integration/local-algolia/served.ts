import { Agent } from 'node:http';
import { createHttpRequester } from '@algolia/requester-node-http';
import { type Algoliasearch, algoliasearch } from 'algoliasearch';
import { type LiteClient, liteClient } from 'algoliasearch/lite';
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

/** A machine may have other things to do for longer than a client waits by itself. */
const TIMEOUTS = { connect: 60_000, read: 60_000, write: 60_000 };

/** One attempt a call, so that a test sees what the server did; sockets of its own. */
export function clientOf(
  port: number,
  appId: string,
  key: string,
  options: { compression?: 'gzip' } = {},
): Algoliasearch {
  return algoliasearch(appId, key, {
    hosts: [{ url: '127.0.0.1', port, protocol: 'http', accept: 'readWrite' }],
    timeouts: TIMEOUTS,
    maxRateLimitRetries: 0,
    requester: createHttpRequester({ httpAgent: new Agent({ keepAlive: true }) }),
    ...options,
  });
}

/** What pages use: it searches and does nothing else. */
export function liteClientOf(
  { port, appId }: Pick<AlgoliaServer, 'port' | 'appId'>,
  key: string,
): LiteClient {
  return liteClient(appId, key, {
    hosts: [{ url: '127.0.0.1', port, protocol: 'http', accept: 'read' }],
    timeouts: TIMEOUTS,
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
