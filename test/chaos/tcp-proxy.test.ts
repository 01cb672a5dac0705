import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startTcpProxy, type TcpProxyOptions } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

/** A server that answers with what it is sent, a client of it, and the proxy between them. */
async function echo(options?: TcpProxyOptions) {
  const accepted: Socket[] = [];
  const heard: string[] = [];
  const server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      heard.push(bytes.toString());
      socket.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await startTcpProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, options);
  onTestFinished(async () => {
    await proxy[Symbol.asyncDispose]();
    server.close();
  });
  return { proxy, accepted, heard, client: await connected(proxy.port) };
}

async function connected(port: number) {
  const socket = connect(port, '127.0.0.1');
  const seen = { text: '', error: undefined as string | undefined, hasEnded: false };
  socket.on('data', (bytes) => {
    seen.text += bytes;
  });
  socket.on('error', (error) => {
    seen.error = (error as NodeJS.ErrnoException).code;
  });
  socket.on('close', () => {
    seen.hasEnded = true;
  });
  await once(socket, 'connect');
  return { socket, seen };
}

const text = (of: { readonly seen: { readonly text: string } }, expected: string) =>
  waitFor(() => of.seen.text === expected, { description: `"${expected}" to arrive`, intervalMs: 1 });

test('what is frozen arrives when it thaws, in order, and ends are told then', async () => {
  const { proxy, client, accepted, heard } = await echo();
  client.socket.write('one ');
  await text(client, 'one ');
  proxy.become({ isFrozen: true });
  client.socket.write('two ');
  const other = await connected(proxy.port);
  other.socket.write('three');
  accepted[0]?.end('bye');
  // Whatever passes would be here by then: it is asked for on another way.
  const direct = await echo();
  direct.client.socket.write('x');
  await text(direct.client, 'x');
  expect(heard).toEqual(['one ']);
  expect(client.seen).toEqual({ text: 'one ', error: undefined, hasEnded: false });
  proxy.mend();
  await text(client, 'one bye');
  await waitFor(() => client.seen.hasEnded, { description: 'the end' });
  await text(other, 'three');
  expect(heard).toContain('two ');
});

test('cut and refused connections are reset', async () => {
  const { proxy, client } = await echo();
  proxy.cut();
  await waitFor(() => client.seen.error === 'ECONNRESET', { description: 'the reset' });
  proxy.become({ refuses: true });
  const refused = await connected(proxy.port).then(
    ({ seen }) => waitFor(() => seen.error, { description: 'the reset' }),
    (error: NodeJS.ErrnoException) => error.code,
  );
  expect(refused).toBe('ECONNRESET');
  proxy.mend();
  const { socket, ...again } = await connected(proxy.port);
  socket.write('again');
  await text(again, 'again');
});

test('a delay and a slow line hold bytes up, and mending lets them go', async () => {
  const { proxy, client } = await echo();
  proxy.become({ delayMs: 60 });
  const startedAtMs = performance.now();
  client.socket.write('a');
  await text(client, 'a');
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(119);
  proxy.become({ bytesPerSecond: 10_000 });
  client.socket.write('b'.repeat(1_000));
  await text(client, `a${'b'.repeat(1_000)}`);
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(318);
  proxy.become({ bytesPerSecond: 1 });
  client.socket.write('c'.repeat(600));
  proxy.mend();
  await text(client, `a${'b'.repeat(1_000)}${'c'.repeat(600)}`);
});

test('a request is reset before it passes, or in place of its answer', async () => {
  const { proxy, client, heard } = await echo();
  const before = proxy.resetNext('before', 'GET');
  client.socket.write('other');
  await text(client, 'other');
  client.socket.write('GET 1');
  await before;
  await waitFor(() => client.seen.error === 'ECONNRESET', { description: 'the reset' });
  expect(heard).toEqual(['other']);
  const after = proxy.resetNext('after', 'GET');
  const second = await connected(proxy.port);
  second.socket.write('GET 2');
  await after;
  await waitFor(() => second.seen.error === 'ECONNRESET', { description: 'the reset' });
  expect([heard, second.seen.text]).toEqual([['other', 'GET 2'], '']);
});

test('a request whose connection ends before its answer waits for no reset', async () => {
  const { proxy, client, accepted } = await echo();
  client.socket.write('one');
  await text(client, 'one');
  accepted[0]?.removeAllListeners('data').on('data', () => accepted[0]?.resetAndDestroy());
  const after = proxy.resetNext('after', 'GET');
  client.socket.write('GET');
  await after;
});

test('a server that closes is not noticed where closes are hidden', async () => {
  const { client, accepted } = await echo({ hidesCloses: true });
  client.socket.write('one');
  await text(client, 'one');
  accepted[0]?.end(' two');
  await text(client, 'one two');
  accepted[0]?.destroy();
  const direct = await echo();
  direct.client.socket.end('x');
  await waitFor(() => direct.client.seen.hasEnded, { description: 'an end that is not hidden' });
  expect(client.seen.hasEnded).toBe(false);
});
