import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { type FastifyError, type FastifyInstance, fastify } from 'fastify';
import { UnavailableError } from '../../errors.ts';
import { Api } from './api.ts';
import type { ApiKey } from './api-key.ts';
import { ApiKeys } from './api-keys.ts';
import { Application, type WriteJournal } from './application.ts';
import { addFaultRoutes } from './fault-routes.ts';
import { Faults } from './faults.ts';
import { addIndexRoutes } from './index-routes.ts';
import { keyFileIn, NO_KEY_FILE } from './key-file.ts';
import { addKeyRoutes } from './key-routes.ts';
import { addLimitRoutes } from './limit-routes.ts';
import type { Limits } from './limits.ts';
import { addObjectRoutes } from './object-routes.ts';
import { Refusal } from './refusal.ts';
import { addSearchRoutes } from './search-routes.ts';
import { addWriteRoutes } from './write-routes.ts';

/** Nothing larger is read at all; what is larger than `requestBytesMax` is read and refused. */
const BODY_BYTES_MAX = 1_000_000_000;
/** objectIDs are parts of paths. */
const PATH_PART_MAX = 8192;

export type AlgoliaServerOptions = {
  /** 127.0.0.1 when absent. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Everything is in memory when absent. */
  readonly dataDir?: string;
  /** Between a request's answer and its effect, that of a change of keys too; 0, the default, means the next turn of the event loop. */
  readonly taskDelayMs?: number;
  /** A record larger than this, in UTF-8 bytes of its JSON, has its whole batch refused: 10,000, as on Algolia's free plan, when absent. */
  readonly recordBytesMax?: number;
  /** `old`, the default, names `position` and `objectID` of a record that is too large as fields; `new` has them in the message alone. */
  readonly infrastructure?: 'old' | 'new';
  /** Uncompressed; 100 million when absent. */
  readonly requestBytesMax?: number;
  readonly appId?: string;
  readonly adminKey?: string;
  readonly searchKey?: string;
  /** Beside the admin and the search key, and those that are added over HTTP, which the data directory keeps. */
  readonly keys?: readonly ApiKey[];
  /** Opens `/1/test/faults` and `/1/test/limits`. */
  readonly faults?: boolean;
  /** Remembers every task, records included, for `journal()`. */
  readonly journal?: boolean;
};

export type AlgoliaServer = {
  readonly url: string;
  readonly port: number;
  readonly appId: string;
  readonly adminKey: string;
  readonly searchKey: string;
  readonly faults: Faults;
  /** May be changed while the server runs. */
  readonly limits: Limits;
  /** Empty unless the server was started with `journal`. */
  journal(): WriteJournal;
  /** Requests so far by method and route, as in `POST /1/indexes/:index/batch`. */
  readonly requests: Readonly<Record<string, number>>;
  /** A record's own JSON text, once its task has taken effect. */
  record(index: string, objectID: string): string | undefined;
  /** Cuts connections, ends waits, lets go of the data directory. Pending tasks take effect at the next start. May be called again. */
  close(): Promise<void>;
};

/**
 * Serves Algolia's Search API to the official clients. Rejects with an UnavailableError when the port cannot be had (the `cause`'s code tells
 * EADDRINUSE), and with a PreconditionError when the data directory is damaged or another server has it.
 */
export async function startAlgoliaServer(options: AlgoliaServerOptions): Promise<AlgoliaServer> {
  const {
    host = '127.0.0.1',
    port,
    appId = 'local',
    adminKey = 'local-admin-key',
    searchKey = 'local-search-key',
  } = options;
  const application = new Application({
    dataDir: options.dataDir,
    taskDelayMs: options.taskDelayMs ?? 0,
    keepJournal: options.journal ?? false,
  });
  const keys = keysFor(application, { ...options, appId, adminKey, searchKey });
  const faults = new Faults();
  const limits: Limits = {
    recordBytesMax: options.recordBytesMax ?? 10_000,
    requestBytesMax: options.requestBytesMax ?? 100_000_000,
    infrastructure: options.infrastructure ?? 'old',
  };
  const server = httpServer();
  const api = new Api(server, {
    application,
    keys,
    faults,
    limits,
  });
  addWriteRoutes(api, limits);
  addSearchRoutes(api, application);
  addObjectRoutes(api, application);
  addIndexRoutes(api, application);
  addKeyRoutes(api, keys);
  if (options.faults === true) {
    addFaultRoutes(api, faults);
    addLimitRoutes(api, limits);
  }
  const closeOnce = async () => {
    api.close();
    await server.close();
    application.close();
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= closeOnce();
    return closing;
  };
  try {
    await server.listen({ host, port });
  } catch (cause) {
    await close();
    throw new UnavailableError(`the local Algolia server cannot listen on ${host}:${port}`, {
      cause,
      remedy: 'choose another port, or 0 for a free one',
    });
  }
  const taken = boundPort(server);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    port: taken,
    appId,
    adminKey,
    searchKey,
    faults,
    limits,
    journal: () => application.journal,
    get requests() {
      return api.counts;
    },
    record: (index, objectID) => application.indices.get(index)?.record(objectID)?.toString(),
    close,
  };
}

type KeyOptions = AlgoliaServerOptions & { appId: string; adminKey: string; searchKey: string };

/** Reads the keys of the directory that the application has locked, and lets go of it when they cannot be read. */
function keysFor(application: Application, options: KeyOptions): ApiKeys {
  const { appId, adminKey, searchKey, dataDir, taskDelayMs: delayMs = 0 } = options;
  const search: ApiKey = { value: searchKey, acl: ['search'], description: 'Search API key' };
  const file = dataDir === undefined ? NO_KEY_FILE : keyFileIn(dataDir);
  try {
    return new ApiKeys({ appId, adminKey, others: [search, ...(options.keys ?? [])], file, delayMs });
  } catch (error) {
    application.close();
    throw error;
  }
}

function boundPort(server: FastifyInstance): number {
  const address = server.server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Bodies arrive as bytes, whatever their content type says: the official client sends JSON as text/plain. */
function httpServer(): FastifyInstance {
  const server = fastify({
    bodyLimit: BODY_BYTES_MAX,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: PATH_PART_MAX },
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    '*',
    { parseAs: 'buffer' },
    async (request: { headers: Record<string, unknown> }, body: Buffer) =>
      decoded(body, request.headers['content-encoding']),
  );
  server.addHook('onRequest', async (_request, reply) => {
    reply.header('access-control-allow-origin', '*');
  });
  server.options('*', async (request, reply) => {
    reply.header('access-control-allow-methods', 'GET, POST, PUT, DELETE, OPTIONS');
    reply.header('access-control-allow-headers', request.headers['access-control-request-headers'] ?? '*');
    reply.header('access-control-max-age', '86400');
    return await reply.code(204).send();
  });
  server.setNotFoundHandler(
    async (_request, reply) => await sendRefusal(reply, new Refusal(404, 'Path not found')),
  );
  server.setErrorHandler(async (error: FastifyError | Refusal, _request, reply) => {
    if (error instanceof Refusal) return await sendRefusal(reply, error);
    const status = error.statusCode ?? 500;
    // What this server did wrong may name records; what Fastify refused does not.
    return await sendRefusal(reply, new Refusal(status, status < 500 ? error.message : 'Internal Error'));
  });
  return server;
}

type Reply = { code(status: number): Reply; type(type: string): Reply; send(body: string): unknown };

async function sendRefusal(reply: Reply, refusal: Refusal): Promise<void> {
  await reply.code(refusal.status).type('application/json; charset=utf-8').send(refusal.body());
}

async function decoded(body: Buffer, encoding: unknown): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip') throw new Refusal(415, `unrecognized Content-Encoding: ${String(encoding)}`);
  try {
    return await promisify(gunzip)(body, { maxOutputLength: BODY_BYTES_MAX });
  } catch {
    throw new Refusal(400, 'Invalid gzip body');
  }
}
