import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { body, client, failureOf } from './client-case.ts';
import { accepted, closedUrl, json, startWireServer, type WireAnswer } from './wire-server.ts';

test('a kept connection that the server has closed costs one attempt at most, and is replaced', async () => {
  const hangUp: WireAnswer = (_response, request) => request.socket.destroy();
  await using server = await startWireServer(accepted(1), hangUp, accepted(2));
  const algolia = client([server.url]);
  await algolia.batch('a', body);
  const failure = await failureOf(algolia.batch('a', body));
  expect(server.requests[1]?.socket).toBe(server.requests[0]?.socket);
  expect(failure).toMatchObject({ name: 'TransientError', outcomeUnknown: true });
  expect(await algolia.batch('a', body)).toEqual({ taskID: 2 });
});

test("a connection is not used again once the server's own limit for idle ones is near", async () => {
  const answer = json(200, { taskID: 1 }, { connection: 'keep-alive', 'keep-alive': 'timeout=2' });
  await using server = await startWireServer(answer);
  const algolia = client([server.url]);
  await algolia.batch('a', body);
  await waitFor(() => server.sockets.size === 0, { description: 'the client to give up the connection' });
  await algolia.batch('a', body);
  expect(server.requests[1]?.socket).not.toBe(server.requests[0]?.socket);
});

test('calls one after the other share a connection, and close ends it', async () => {
  await using server = await startWireServer(accepted(1));
  const algolia = client([server.url]);
  for (let call = 0; call < 5; call++) await algolia.batch('a', body);
  expect(new Set(server.requests.map(({ socket }) => socket)).size).toBe(1);
  algolia.close();
  await waitFor(() => server.sockets.size === 0, { description: 'the connection to be closed' });
});

test('nobody there: transient, and known not to have arrived', async () => {
  const failure = await failureOf(client([await closedUrl()]).batch('a', body));
  expect(failure).toMatchObject({ name: 'TransientError', outcomeUnknown: false });
  expect((failure as Error).message).toContain('ECONNREFUSED');
});

test('an IPv6 literal works as a host', async ({ skip }) => {
  await using server = await startWireServer(accepted(7));
  const port = Number(new URL(server.url).port);
  const { createServer } = await import('node:net');
  const proxy = createServer((socket) => {
    const onward = connect(port, '127.0.0.1');
    socket.pipe(onward).pipe(socket);
    socket.on('error', () => onward.destroy());
    onward.on('error', () => socket.destroy());
  });
  const listening = await new Promise<boolean>((resolve) => {
    proxy.once('error', () => resolve(false));
    proxy.listen(0, '::1', () => resolve(true));
  });
  if (!listening) skip('this machine has no IPv6 loopback');
  onTestFinished(() => void proxy.close());
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  expect(await client([`http://[::1]:${address.port}`]).batch('a', body)).toEqual({ taskID: 7 });
});
