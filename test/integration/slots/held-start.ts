import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

const START = 'START_REPLICATION';

/**
 * Stands before Postgres and does the work when a client asks for a slot, before Postgres hears of it: nothing that the client
 * looked at before can tell it.
 */
export async function startHeldStart(
  targetPort: number,
  work: () => Promise<unknown>,
): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(socket);
      // The close that follows tells the other side.
      socket.on('error', () => undefined);
      socket.on('close', () => other.destroy());
    }
    target.pipe(client);
    client.on('data', (bytes) => {
      if (bytes.includes(START)) void work().finally(() => target.write(bytes));
      else target.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
