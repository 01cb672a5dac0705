import { once } from 'node:events';
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createAuditLog } from '../../support/audit-log.ts';
import { drained, startIndex } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { startProgram } from '../../support/program.ts';
import { waitFor } from '../../support/wait-for.ts';

const READY_FOR_QUERY = Buffer.from('5a0000000549', 'hex');

/**
 * Stands before Postgres. The first connection whose startup message holds `wanted` is ended by Postgres as soon as it is ready, and hears of both
 * in one read, as it may when a server goes down just then.
 */
async function startAmbush(targetPort: number, wanted: string, terminate: () => Promise<unknown>) {
  let used = false;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connectSocket(targetPort, '127.0.0.1');
    let chosen = false;
    let held: Buffer | undefined;
    client.on('data', (bytes) => {
      if (!used && bytes.includes(wanted)) {
        used = true;
        chosen = true;
      }
      target.write(bytes);
    });
    target.on('data', (bytes) => {
      if (chosen && held === undefined && bytes.includes(READY_FOR_QUERY)) {
        held = bytes;
        void terminate();
      } else {
        client.write(held === undefined ? bytes : Buffer.concat([held, bytes]));
      }
    });
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    used: () => used,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function terminate({ client }: TestDatabase, name: string): () => Promise<unknown> {
  return () =>
    client.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()',
      [name],
    );
}

test.each([
  ['wal2algolia', 'replication\0database'],
  ['wal2algolia control', 'wal2algolia control'],
])(
  '"%s" is ended by the server in the moment in which it is connected: the program goes on',
  async (name, wanted) => {
    await using database = await createDatabase();
    await createAuditLog(database);
    await using index = await startIndex();
    const address = new URL(database.url);
    await using ambush = await startAmbush(Number(address.port), wanted, terminate(database, name));
    address.port = String(ambush.port);
    await using program = startProgram(['run'], {
      env: {
        DATABASE_URL: address.href,
        ALGOLIA_APP_ID: index.appId,
        ALGOLIA_API_KEY: index.adminKey,
        ALGOLIA_HOSTS: index.url,
        WAL2ALGOLIA_SLOT: database.slot,
        WAL2ALGOLIA_PUBLICATION: database.publication,
        WAL2ALGOLIA_HTTP_PORT: '0',
      },
    });
    await waitFor(() => ambush.used(), { description: 'the connection' });
    const outcome = await Promise.race([
      program.ended.then(({ code }) => `ended with ${code}: ${program.stderr()}`),
      drained(database).then(() => 'goes on'),
    ]);
    expect(outcome).toBe('goes on');
  },
);
