import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { inspect } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Algolia, type AlgoliaOptions, createAlgolia } from '../../../src/algolia/client.ts';
import { RefusedError, TooLargeError, TransientError } from '../../../src/algolia/failures.ts';
import { ConfigError, ProtocolError } from '../../../src/errors.ts';
import { waitFor } from '../../support/wait-for.ts';
import { accepted, closedUrl, json, startWireServer, type WireAnswer } from './wire-server.ts';

const API_KEY = 'c0ffee00c0ffee00c0ffee00c0ffee00';

function client(hosts: readonly string[], options: Partial<AlgoliaOptions> = {}): Algolia {
  const algolia = createAlgolia({ appId: 'APP', apiKey: API_KEY, hosts, compression: 'none', ...options });
  onTestFinished(() => algolia.close());
  return algolia;
}

const failureOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => undefined,
    (error: unknown) => error,
  );

const body = Buffer.from(
  '{"requests":[{"action":"updateObject","body":{"objectID":"é/1","v": {"a" : 1.10, "big":12345678901234567890, "a":2}}}]}',
);

test('the bytes of a batch arrive as they are, with the headers and the path of the API', async () => {
  await using server = await startWireServer(accepted(7));
  expect(await client([server.url]).batch('audit log/ü', body)).toEqual({ taskID: 7 });
  const request = server.requests[0];
  expect(request).toMatchObject({ method: 'POST', path: '/1/indexes/audit%20log%2F%C3%BC/batch' });
  expect(request?.body.equals(body)).toBe(true);
  expect(request?.headers).toMatchObject({
    'content-length': String(body.length),
    'x-algolia-api-key': API_KEY,
    'x-algolia-application-id': 'APP',
    'accept-encoding': 'identity',
  });
  expect(request?.headers).not.toHaveProperty('content-encoding');
  expect(Object.keys(request?.headers ?? {}).filter((name) => name.includes('ready'))).toEqual([]);
});

test('bytes are packed when asked for, and unpack to the same', async () => {
  await using server = await startWireServer(accepted(7));
  const algolia = client([server.url], { compression: 'gzip' });
  const large = Buffer.from(`{"requests":["${'1.10,'.repeat(10_000)}"]}`);
  await algolia.batch('a', large);
  await algolia.batch('a', body);
  const [packed, small] = server.requests;
  expect(packed?.headers['content-encoding']).toBe('gzip');
  expect(Number(packed?.headers['content-length'])).toBeLessThan(large.length / 10);
  expect(packed?.body.equals(large)).toBe(true);
  expect(small?.headers['content-encoding']).toBeUndefined();
  expect(small?.body.equals(body)).toBe(true);
});

test('a first byte after 2.5 s is one delivery, not two, also when there are other hosts', async () => {
  const late: WireAnswer = (response, request) => {
    setTimeout(() => accepted(7)(response, request), 2_500);
  };
  await using server = await startWireServer(late);
  await using other = await startWireServer(accepted(8));
  expect(await client([server.url, other.url]).batch('a', body)).toEqual({ taskID: 7 });
  expect(server.requests).toHaveLength(1);
  expect(other.requests).toHaveLength(0);
});

test('a timeout ends the attempt: nothing else is sent anywhere, and the outcome is said to be unknown', async () => {
  await using silent = await startWireServer(() => {});
  await using other = await startWireServer(accepted(8));
  const algolia = client([silent.url, other.url], { timeouts: { firstByteMs: 3_000 } });
  expect(await failureOf(algolia.batch('a', body))).toMatchObject({
    name: 'TransientError',
    outcomeUnknown: true,
    status: undefined,
  });
  expect(silent.requests).toHaveLength(1);
  expect(other.requests).toHaveLength(0);
  expect(await algolia.batch('a', body)).toEqual({ taskID: 8 });
  await waitFor(() => silent.sockets.size === 0, { description: 'the abandoned connection to be closed' });
});

test('an answer that does not end is a timeout too', async () => {
  await using server = await startWireServer((response) => {
    response.writeHead(200).write('{"taskID"');
  });
  const failure = failureOf(client([server.url], { timeouts: { answerMs: 300 } }).batch('a', body));
  expect(await failure).toMatchObject({ name: 'TransientError', outcomeUnknown: true });
});

test('timeouts do not grow with the failures before', async () => {
  await using server = await startWireServer(() => {});
  const algolia = client([server.url], { timeouts: { firstByteMs: 117 } });
  const timers = vi.spyOn(globalThis, 'setTimeout');
  onTestFinished(() => timers.mockRestore());
  for (let attempt = 0; attempt < 4; attempt++) await failureOf(algolia.isPublished('a', 1));
  const delaysMs = timers.mock.calls
    .map(([, delayMs]) => delayMs ?? 0)
    .filter((delayMs) => delayMs % 117 === 0);
  expect(delaysMs.filter((delayMs) => delayMs > 0)).toEqual([117, 117, 117, 117]);
});

test('a large body has more time, so that a slow line gets it through', async () => {
  await using server = await startWireServer(accepted(1));
  const algolia = client([server.url], { timeouts: { firstByteMs: 117_000 } });
  const timers = vi.spyOn(globalThis, 'setTimeout');
  onTestFinished(() => timers.mockRestore());
  await algolia.batch('a', Buffer.alloc(5_000_000, ' '));
  expect(timers.mock.calls.map(([, delayMs]) => delayMs)).toContain(167_000);
});

test('503 with one host is one transient failure, and the next attempt reaches the same host', async () => {
  await using server = await startWireServer(json(503, { message: 'later' }), accepted(7));
  const algolia = client([server.url]);
  expect(await failureOf(algolia.batch('a', body))).toMatchObject({
    name: 'TransientError',
    status: 503,
    outcomeUnknown: false,
  });
  expect(server.requests).toHaveLength(1);
  expect(await algolia.batch('a', body)).toEqual({ taskID: 7 });
  expect(server.requests[1]?.body.equals(body)).toBe(true);
});

test('the attempt after a failed host goes to the next one, and stays there', async () => {
  await using down = await startWireServer(json(500, {}));
  await using up = await startWireServer(accepted(7));
  const algolia = client([down.url, up.url]);
  await failureOf(algolia.batch('a', body));
  for (let attempt = 0; attempt < 3; attempt++) await algolia.batch('a', body);
  expect([down.requests.length, up.requests.length]).toEqual([1, 3]);
});

test('429 is not waited for inside the client; what it asked for is told', async () => {
  const slowDown = json(429, { message: 'Too many requests', status: 429 }, { 'retry-after': '120' });
  await using server = await startWireServer(slowDown);
  const failure = await failureOf(client([server.url]).batch('a', body));
  expect(failure).toMatchObject({ name: 'TransientError', status: 429, retryAfterMs: 120_000 });
  expect(server.requests).toHaveLength(1);
});

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

test.each([
  ['<html>proxy</html>', 'a page'],
  ['{}', 'an object without a task'],
  ['', 'nothing'],
])('200 with %j is not taken for an acceptance', async (text) => {
  await using server = await startWireServer((response) => void response.writeHead(200).end(text));
  const failure = await failureOf(client([server.url]).batch('a', body));
  expect(failure).toMatchObject({ name: 'TransientError', outcomeUnknown: true });
});

test('a taskID that a number cannot hold is refused, not rounded', async () => {
  await using server = await startWireServer(
    (response) => void response.writeHead(200).end('{"taskID":9007199254740993}'),
    accepted(Number.MAX_SAFE_INTEGER),
  );
  const algolia = client([server.url]);
  expect(await failureOf(algolia.batch('a', body))).toBeInstanceOf(ProtocolError);
  expect(await algolia.batch('a', body)).toEqual({ taskID: Number.MAX_SAFE_INTEGER });
});

test.each([
  [400, json(400, { message: 'Record at the position 0 objectID=SECRET-1 is too big', status: 400 })],
  [403, json(403, { message: 'Invalid Application-ID or API key', status: 403 })],
  [413, json(413, { message: 'too large SECRET-2' })],
  [429, json(429, { message: 'too many SECRET-3' })],
  [503, json(503, { message: 'SECRET-4' })],
  [400, (response) => void response.writeHead(400).end('SECRET-5 '.repeat(10_000))],
] satisfies [number, WireAnswer][])(
  '%i: no record and no key in what the error prints',
  async (status, answer) => {
    await using server = await startWireServer(answer);
    const records = randomBytes(4_500_000).toString('hex');
    const large = Buffer.from(`{"requests":[{"body":{"objectID":"SECRET-0","v":"${records}"}}]}`);
    const failure = await failureOf(client([server.url]).batch('a', large));
    const shown = inspect(failure, {
      depth: 50,
      showHidden: true,
      maxStringLength: null,
      maxArrayLength: null,
    });
    expect(shown.length).toBeLessThan(10_000);
    for (const secret of ['SECRET', API_KEY, records.slice(0, 20)]) expect(shown).not.toContain(secret);
    expect(failure).toMatchObject({ status });
    expect(failure instanceof TransientError).toBe(status === 429 || status === 503);
    expect(failure instanceof TooLargeError).toBe(status === 413);
  },
);

test('asks about tasks, rights and settings in the words of the API', async () => {
  await using server = await startWireServer(
    json(200, { status: 'notPublished', pendingTask: true }),
    json(200, { status: 'published', pendingTask: false }),
    json(200, { value: API_KEY, acl: ['addObject'], indexes: ['audit_*'], createdAt: 1, validity: 0 }),
    json(200, { value: API_KEY, acl: ['addObject'], createdAt: 1, validity: 0 }),
    json(404, { message: 'Index does not exist', status: 404 }),
    json(200, { hitsPerPage: 20 }),
    json(200, { taskID: 3, updatedAt: '2026-11-23T00:00:00Z' }),
    json(404, { message: 'Task does not exist', status: 404 }),
  );
  const algolia = client([server.url]);
  expect(await algolia.isPublished('a', 1)).toBe(false);
  expect(await algolia.isPublished('a', 1)).toBe(true);
  expect(await algolia.keyRights()).toEqual({ acl: ['addObject'], indexes: ['audit_*'] });
  expect(await algolia.keyRights()).toEqual({ acl: ['addObject'], indexes: [] });
  expect(await algolia.getSettings('a')).toBeUndefined();
  expect(await algolia.getSettings('a')).toEqual({ hitsPerPage: 20 });
  expect(await algolia.setSettings('a', { hitsPerPage: 30 })).toEqual({ taskID: 3 });
  expect(await failureOf(algolia.isPublished('a', 1))).toBeInstanceOf(RefusedError);
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /1/indexes/a/task/1',
    'GET /1/indexes/a/task/1',
    `GET /1/keys/${API_KEY}`,
    `GET /1/keys/${API_KEY}`,
    'GET /1/indexes/a/settings',
    'GET /1/indexes/a/settings',
    'PUT /1/indexes/a/settings',
    'GET /1/indexes/a/task/1',
  ]);
  expect(server.requests[6]?.body.toString()).toBe('{"hitsPerPage":30}');
});

test('a wrong key is told without being repeated, although its path holds it', async () => {
  await using server = await startWireServer(json(403, { message: `Invalid key ${API_KEY}`, status: 403 }));
  const failure = await failureOf(client([server.url]).keyRights());
  expect(inspect(failure, { depth: 50, showHidden: true })).not.toContain(API_KEY);
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

test.each([
  { appId: 'MY APP' },
  { appId: '' },
  { apiKey: '' },
  { apiKey: 'key\n' },
  { hosts: undefined, appId: 'evil.example/' },
  { hosts: ['localhost:7700'] },
])('%j cannot be used, and is not repeated', (options) => {
  const create = () => client(['http://127.0.0.1:1'], options);
  expect(create).toThrow(ConfigError);
  expect(create).not.toThrow(/evil|key\n/);
});
