import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What the client gets in place of one message of the server; after `isLast` the connection is ended. */
export type Passed = { readonly bytes: Buffer; readonly isLast?: boolean };

type WireProxy = AsyncDisposable & {
  /** The target's URL, by way of this proxy. */
  readonly url: string;
};

type Options = {
  /** A folder in which it listens, in place of 127.0.0.1, on a Unix socket by the name that clients of Postgres expect. */
  readonly socketDir?: string;
  /** Asked about every message that a walsender sends, whole; default: all pass. */
  readonly pass?: (message: Buffer) => Passed;
};

const SOCKET_PORT = 5432;

/** Stands between clients and a Postgres, and knows where the server's messages begin and end. Disposing cuts all connections. */
export async function startWireProxy(target: string, options: Options = {}): Promise<WireProxy> {
  const { socketDir, pass = (bytes): Passed => ({ bytes }) } = options;
  const address = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(address.port), address.hostname);
    let isWalsender = false;
    let rest = Buffer.alloc(0);
    client.once('data', (bytes) => {
      isWalsender = bytes.includes('replication\0database\0');
    });
    client.pipe(upstream);
    upstream.on('data', (bytes) => {
      if (!isWalsender) {
        client.write(bytes);
        return;
      }
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= 5 && rest.length > rest.readUInt32BE(1)) {
        const end = 1 + rest.readUInt32BE(1);
        const passed = pass(rest.subarray(0, end));
        rest = rest.subarray(end);
        client.write(passed.bytes);
        if (passed.isLast) {
          upstream.destroy();
          return;
        }
      }
    });
    upstream.on('close', () => client.end());
    client.on('close', () => upstream.destroy());
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
  });
  const url = await listening(server, address, socketDir);
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function listening(server: Server, address: URL, socketDir: string | undefined): Promise<string> {
  if (socketDir === undefined) server.listen(0, '127.0.0.1');
  else server.listen(`${socketDir}/.s.PGSQL.${SOCKET_PORT}`);
  await once(server, 'listening');
  const { username, password, pathname } = address;
  const host =
    socketDir === undefined
      ? `127.0.0.1:${(server.address() as AddressInfo).port}`
      : `${encodeURIComponent(socketDir)}:${SOCKET_PORT}`;
  return `postgres://${username}:${password}@${host}${pathname}`;
}
