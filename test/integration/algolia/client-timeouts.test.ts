import { expect, onTestFinished, test, vi } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { body, client, failureOf } from './client-case.ts';
import { accepted, startWireServer, type WireAnswer } from './wire-server.ts';

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
