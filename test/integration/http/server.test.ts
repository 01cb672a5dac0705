import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { EXIT, PreconditionError } from '../../../src/errors.ts';
import { type HttpOptions, startHttp } from '../../../src/http/server.ts';
import { StatusBoard } from '../../../src/telemetry/status-board.ts';

const board = new StatusBoard('s');
const OPTIONS: HttpOptions = {
  host: '127.0.0.1',
  port: 0,
  status: () => board.status(),
  ready: () => ({ ok: true }),
  metrics: async () => '',
};

async function takenPort() {
  const server: Server = createServer((_request, response) => response.end('another'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.asyncDispose]: async () => void server.close() };
}

it('takes a free port for 0 and says where it is', async () => {
  const http = await startHttp(OPTIONS);
  try {
    expect(http.port).toBeGreaterThan(0);
    expect(http.url).toBe(`http://127.0.0.1:${http.port}`);
    expect((await fetch(`${http.url}/healthz`)).status).toBe(200);
  } finally {
    await http.close();
  }
  await expect(fetch(`${http.url}/healthz`)).rejects.toThrow();
});

it('says that a port is taken, with the remedy', async () => {
  await using taken = await takenPort();
  const error = await startHttp({ ...OPTIONS, port: taken.port }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(PreconditionError);
  expect(error).toMatchObject({
    exitCode: EXIT.configuration,
    message: `port ${taken.port} of 127.0.0.1 is taken`,
    remedy: expect.stringContaining('WAL2ALGOLIA_HTTP_PORT'),
  });
});

it('takes another one when it may', async () => {
  await using taken = await takenPort();
  const http = await startHttp({ ...OPTIONS, port: taken.port, elseAnyPort: true });
  expect(http.port).not.toBe(taken.port);
  await http.close();
});

it('says that a host is not of this machine', async () => {
  const error = await startHttp({ ...OPTIONS, host: '192.0.2.1' }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    message: '192.0.2.1 is no address of this machine',
    exitCode: EXIT.configuration,
  });
});

it('closes although clients keep their connections, idle or half way through a request', async () => {
  const http = await startHttp(OPTIONS);
  const sockets = ['', 'GET /status HTTP/1.1\r\nhost: x\r\n', 'GET /status HTTP/1.1\r\nhost: x\r\n\r\n'].map(
    (text) => {
      const socket = connect(http.port, '127.0.0.1');
      socket.on('error', () => undefined);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      const ready = new Promise((resolve) => socket.write(text, resolve));
      socket.resume();
      return { ready, closed };
    },
  );
  await Promise.all(sockets.map(({ ready }) => ready));
  await http.close();
  await Promise.all(sockets.map(({ closed }) => closed));
});
