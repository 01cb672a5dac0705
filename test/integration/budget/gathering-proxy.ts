import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type GatheringProxy = AsyncDisposable & {
  /** The database's URL, by way of this proxy. */
  readonly url: string;
  /** The first half of what was gathered goes on its way: so many bytes. */
  releaseHalf(): number;
  /** What is left goes on its way, so many bytes, and from now on everything at once. */
  releaseRest(): number;
};

/**
 * Stands between the program and Postgres. What a walsender sends is kept back until it is released, however much it is: then there is
 * always more to read, and how much one read brings is no question of who is faster.
 */
export async function startGatheringProxy(target: string): Promise<GatheringProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const streams = new Set<Stream>();
  const server = createServer((client) => {
    const upstream = connect({ host: hostname, port: Number(port || 5432) });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        other.end();
      });
    }
    const stream = new Stream(client);
    client.on('data', (bytes) => {
      if (bytes.includes('START_REPLICATION')) streams.add(stream.gather());
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => stream.add(bytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    releaseHalf: () => sum([...streams].map((stream) => stream.releaseHalf())),
    releaseRest: () => sum([...streams].map((stream) => stream.releaseRest())),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What Postgres sends to one client. */
class Stream {
  readonly #client: Socket;
  #gathered: Buffer[] | undefined;

  constructor(client: Socket) {
    this.#client = client;
  }

  gather(): this {
    this.#gathered = [];
    return this;
  }

  add(bytes: Buffer): void {
    if (this.#gathered === undefined) this.#client.write(bytes);
    else this.#gathered.push(bytes);
  }

  releaseHalf(): number {
    const all = Buffer.concat(this.#gathered ?? []);
    const half = all.subarray(0, all.length / 2);
    this.#gathered = [all.subarray(half.length)];
    this.#client.write(half);
    return half.length;
  }

  releaseRest(): number {
    const rest = Buffer.concat(this.#gathered ?? []);
    this.#gathered = undefined;
    this.#client.write(rest);
    return rest.length;
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
