import http from 'node:http';
import https from 'node:https';
import { performance } from 'node:perf_hooks';
import { createNullCache, type Host } from '@algolia/client-common';
import { createHttpRequester } from '@algolia/requester-node-http';
import { algoliasearch, type SearchClient } from 'algoliasearch';
import { algoliaFailure, TransientError } from './failures.ts';
import { type Access, HostRotation } from './hosts.ts';
import { ReadyBodyRequester } from './ready-body.ts';

export type ConnectionOptions = {
  readonly appId: string;
  readonly apiKey: string;
  readonly hosts: readonly Host[];
  /**
   * From the start of a request to the first byte of its answer. The client calls it `connect` and cuts it off after 2 s, so that a
   * write that Algolia slows down would be sent again. https://www.algolia.com/doc/libraries/sdk/customize/
   */
  readonly firstByteMs: number;
  /** From there to the end of the answer. */
  readonly answerMs: number;
};

/** The official client of one host, and what swaps ready bytes into its requests. */
export type Connection = { readonly client: SearchClient; readonly bodies: ReadyBodyRequester };

/** Above what one process has in flight: a request that waits for a socket has its timeout running already. */
const SOCKETS_MAX = 64;
/** Node heeds a server's `Keep-Alive: timeout` only below a limit of our own; without one it uses stale sockets again. */
const IDLE_SOCKET_MS = 60_000;

/** Our own keep-alive connections, to one host or several of which one takes each attempt. */
export class Connections {
  readonly #rotation: HostRotation;
  readonly #byHost: ReadonlyMap<Host, Connection>;
  readonly #httpAgent: http.Agent;
  readonly #httpsAgent: https.Agent;

  constructor(options: ConnectionOptions) {
    const agentOptions = { keepAlive: true, maxSockets: SOCKETS_MAX, timeout: IDLE_SOCKET_MS };
    this.#httpAgent = new http.Agent(agentOptions);
    this.#httpsAgent = new https.Agent(agentOptions);
    this.#rotation = new HostRotation(options.hosts, () => performance.now());
    this.#byHost = new Map(options.hosts.map((host) => [host, this.#connect(host, options)]));
  }

  /** One attempt. What it rejects with is ours, not the client's; a host that failed is passed over by the next attempts. */
  async call<T>(access: Access, doing: string, request: (connection: Connection) => Promise<T>): Promise<T> {
    const host = this.#rotation.next(access);
    const connection = this.#byHost.get(host);
    if (connection === undefined) throw new RangeError('a host without a connection');
    try {
      const answer = await request(connection);
      this.#rotation.answered(host);
      return answer;
    } catch (error) {
      const failure = algoliaFailure(error, doing);
      const isOfHost = failure instanceof TransientError && (failure.status ?? 500) >= 500;
      if (isOfHost) this.#rotation.failed(host);
      throw failure;
    }
  }

  close(): void {
    this.#httpAgent.destroy();
    this.#httpsAgent.destroy();
  }

  /** Each client knows one host, so that it has no other to turn to: whether and where to try again is ours to decide. */
  #connect(host: Host, { appId, apiKey, firstByteMs, answerMs }: ConnectionOptions): Connection {
    // The requester would hand the brackets of an IPv6 literal on to the resolver.
    const literal = /^\[(.*)\]$/.exec(host.url)?.[1];
    const requester = createHttpRequester({
      httpAgent: this.#httpAgent,
      httpsAgent: this.#httpsAgent,
      ...(literal === undefined ? {} : { requesterOptions: { hostname: literal } }),
    });
    const bodies = new ReadyBodyRequester(requester);
    const client = algoliasearch(appId, apiKey, {
      hosts: [{ ...host, accept: 'readWrite' }],
      timeouts: { connect: firstByteMs, read: answerMs, write: answerMs },
      // Its own wait for a 429 has no limit and cannot be ended.
      maxRateLimitRetries: 0,
      requester: bodies,
      // With a memory of its only host it would multiply the timeouts after each one that passed.
      hostsCache: createNullCache(),
    });
    client.addAlgoliaAgent('wal2algolia');
    return { client, bodies };
  }
}
