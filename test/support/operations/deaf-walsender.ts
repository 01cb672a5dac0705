import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type DeafWalsender = AsyncDisposable & {
  /** Of the same database. */
  readonly url: string;
  /** From now on no walsender is told what was confirmed; all else passes. */
  deafen(): void;
};

/** A parameter of the startup message. https://www.postgresql.org/docs/current/protocol-replication.html */
const REPLICATION = 'replication\0database\0';
/** CopyData, and in it a standby status update. */
const COPY_DATA = 'd'.charCodeAt(0);
const STANDBY_STATUS = 'r'.charCodeAt(0);

/** Stands between clients and the Postgres of a URL. */
export async function startDeafWalsender(url: string): Promise<DeafWalsender> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let deaf = false;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    let isWalsender = false;
    let rest: Buffer = Buffer.alloc(0);
    client.on('data', (bytes) => {
      if (!isWalsender) {
        isWalsender = bytes.includes(REPLICATION);
        upstream.write(bytes);
        return;
      }
      const read = messages(Buffer.concat([rest, bytes]));
      rest = read.rest;
      for (const message of read.whole) if (!(deaf && isStatus(message))) upstream.write(message);
    });
    upstream.pipe(client);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      // Killed clients end with errors, and that they end is all that matters.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = new URL(url);
  address.hostname = '127.0.0.1';
  address.port = String((server.address() as AddressInfo).port);
  return {
    url: address.href,
    deafen: () => {
      deaf = true;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-MESSAGE-CONCEPTS */
function messages(bytes: Buffer): { readonly whole: readonly Buffer[]; readonly rest: Buffer } {
  const whole: Buffer[] = [];
  let start = 0;
  while (bytes.length >= start + 5) {
    const end = start + 1 + bytes.readInt32BE(start + 1);
    if (bytes.length < end) break;
    whole.push(bytes.subarray(start, end));
    start = end;
  }
  return { whole, rest: bytes.subarray(start) };
}

function isStatus(message: Buffer): boolean {
  return message[0] === COPY_DATA && message[5] === STANDBY_STATUS;
}
