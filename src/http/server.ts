import type { FastifyInstance } from 'fastify';
import { PreconditionError } from '../errors.ts';
import { createRoutes, type Sources } from './routes.ts';

export type HttpOptions = Sources & {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Take a free port when this one is taken, in place of an error. */
  readonly elseAnyPort?: boolean;
};

export type HttpServer = {
  /** Where it really listens, as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /** Answers what was asked, for a moment, and closes every connection. */
  close(): Promise<void>;
};

/** A client that keeps its request open must not keep the process open. */
const CLOSE_PATIENCE_MS = 500;

/** Resolves once it listens. Rejects with a PreconditionError when host and port cannot be had. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const app = createRoutes(options);
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    await app.close();
    if (options.elseAnyPort && options.port !== 0 && codeOf(error) === 'EADDRINUSE') {
      return startHttp({ ...options, port: 0 });
    }
    throw listenFailure(error, options);
  }
  return serverOf(app, options.host);
}

function serverOf(app: FastifyInstance, host: string): HttpServer {
  const address = app.server.address();
  if (address === null || typeof address === 'string')
    throw new TypeError('no port in the address of a TCP server');
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shownHost}:${address.port}`,
    port: address.port,
    close: async () => {
      const timer = setTimeout(() => app.server.closeAllConnections(), CLOSE_PATIENCE_MS);
      await app.close();
      clearTimeout(timer);
    },
  };
}

const NO_ADDRESS = ['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'];

function listenFailure(cause: unknown, { host, port }: HttpOptions): Error {
  const code = codeOf(cause) ?? '';
  if (NO_ADDRESS.includes(code)) {
    return new PreconditionError(`${host} is no address of this machine`, {
      cause,
      remedy: 'Choose another by `http.host` or WAL2ALGOLIA_HTTP_HOST.',
    });
  }
  const reason =
    code === 'EADDRINUSE'
      ? 'is taken'
      : code === 'EACCES'
        ? 'may not be used by this user'
        : 'cannot be listened on';
  return new PreconditionError(`port ${port} of ${host} ${reason}`, {
    cause,
    remedy: 'Choose another by `http.port` or WAL2ALGOLIA_HTTP_PORT; 0 takes a free one.',
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
