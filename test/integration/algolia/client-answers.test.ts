import { expect, test } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import { body, client, failureOf } from './client-case.ts';
import { accepted, json, startWireServer } from './wire-server.ts';

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
