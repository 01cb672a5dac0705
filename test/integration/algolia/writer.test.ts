import { firstValueFrom } from 'rxjs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type AlgoliaOptions, createAlgolia } from '../../../src/algolia/client.ts';
import { createWriter } from '../../../src/algolia/writer.ts';
import type { Lsn } from '../../../src/lsn.ts';
import type { Operation, Step } from '../../../src/records/operations.ts';
import { waitFor } from '../../support/wait-for.ts';
import { accepted, json, startWireServer, type WireAnswer } from './wire-server.ts';

/** Entries of `requests` one behind the other in one buffer, as the encoder leaves them. */
function operations(...entries: readonly string[]): readonly Operation[] {
  const bytes = Buffer.from(entries.join(','));
  let start = 0;
  return entries.map((entry, at) => {
    const end = start + Buffer.byteLength(entry);
    const operation: Operation = {
      kind: 'update',
      table: 't',
      index: 'a',
      objectID: String(at),
      bytes,
      start,
      end,
    };
    start = end + 1;
    return operation;
  });
}

const entry = (id: number, fields = '') => `{"action":"updateObject","body":{"objectID":"${id}"${fields}}}`;
const jsonb = ',"before": {"n": 1.10, "big": 12345678901234567890, "é": "\\u00e9 ✓", "a": [1.0, 1e400]}';
const end: Step = { kind: 'position', lsn: 100n as Lsn, committedAtMicros: undefined };

function writerTo(url: string, options: Partial<AlgoliaOptions> = {}) {
  const algolia = createAlgolia({
    appId: 'APP',
    apiKey: 'key',
    hosts: [url],
    compression: 'none',
    ...options,
  });
  onTestFinished(() => algolia.close());
  const fence = vi.fn(async () => {});
  const onRetry = vi.fn();
  return { writer: createWriter({ algolia, fence, onRetry, random: () => 0 }), fence, onRetry };
}

const reset: WireAnswer = (_response, { socket }) => void socket.resetAndDestroy();

test.each(['none', 'gzip'] as const)(
  'the same bytes arrive with every attempt, and each stands behind the fence (compression: %s)',
  async (compression) => {
    const slowDown = json(429, { message: 'Too many requests' }, { 'retry-after': '1' });
    await using server = await startWireServer(json(503, {}), slowDown, reset, accepted(5));
    const { writer, fence, onRetry } = writerTo(server.url, { compression });
    const entries = Array.from({ length: 20 }, (_, id) => entry(id, jsonb));
    const written = await firstValueFrom(writer.write([...operations(...entries), end]));
    expect(written).toMatchObject({ position: end, tasks: [{ index: 'a', taskID: 5 }], records: 20 });
    expect(server.requests.map(({ body }) => body.toString())).toEqual(
      Array(4).fill(`{"requests":[${entries.join(',')}]}`),
    );
    expect(fence).toHaveBeenCalledTimes(4);
    const retries = onRetry.mock.calls.map(([{ error, delayMs }]) => [
      error.status,
      delayMs,
      error.outcomeUnknown,
    ]);
    expect(retries).toEqual([
      [503, 0, false],
      [429, 1_000, false],
      [undefined, 0, true],
    ]);
  },
);

test('a stale kept connection costs a retry, not a batch', async () => {
  await using server = await startWireServer(accepted(1), reset, accepted(2));
  const { writer } = writerTo(server.url);
  await firstValueFrom(writer.write(operations(entry(1))));
  const written = await firstValueFrom(writer.write(operations(entry(2))));
  expect(written.tasks).toEqual([{ index: 'a', taskID: 2 }]);
  expect(server.requests.map(({ body }) => /"objectID":"(\d)"/.exec(body.toString())?.[1])).toEqual([
    '1',
    '2',
    '2',
  ]);
});

test('once unsubscribed nothing more is sent, although the server asked for a retry', async () => {
  const late: WireAnswer = (response, request) => {
    setTimeout(() => accepted(1)(response, request), 1_500);
  };
  await using server = await startWireServer(json(429, {}, { 'retry-after': '1' }), late);
  const { writer, fence, onRetry } = writerTo(server.url);
  const subscription = writer.write(operations(entry(1))).subscribe();
  await waitFor(() => onRetry.mock.calls.length === 1, { description: 'the first retry to be planned' });
  subscription.unsubscribe();
  await writer.settled();
  // A write of the next session takes longer than the pause that the abandoned one was in.
  const { writer: next } = writerTo(server.url);
  await firstValueFrom(next.write(operations(entry(2))));
  expect(fence).toHaveBeenCalledTimes(1);
  expect(server.requests).toHaveLength(2);
  expect(server.requests[1]?.body.toString()).toContain('"objectID":"2"');
});

test('settled waits for the answer to a request that nobody waits for any more', async () => {
  let answer = (): void => {};
  await using server = await startWireServer((response, request) => {
    answer = () => accepted(1)(response, request);
  });
  const { writer } = writerTo(server.url);
  const subscription = writer.write(operations(entry(1))).subscribe();
  await waitFor(() => server.requests.length === 1, { description: 'the request' });
  subscription.unsubscribe();
  const settled = vi.fn();
  const waiting = writer.settled().then(settled);
  const { writer: other } = writerTo((await startOther()).url);
  await firstValueFrom(other.write(operations(entry(2))));
  expect(settled).not.toHaveBeenCalled();
  answer();
  await waiting;
});

async function startOther() {
  const server = await startWireServer(accepted(9));
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

test('413 is answered with halves that together are the batch, in order', async () => {
  const limit: WireAnswer = (response, request) => {
    const { requests } = JSON.parse(request.body.toString());
    if (requests.length > 2) json(413, { message: 'Request Entity Too Large' })(response, request);
    else accepted(requests[0].body.objectID * 1)(response, request);
  };
  await using server = await startWireServer(limit);
  const { writer } = writerTo(server.url);
  const entries = [1, 2, 3, 4, 5].map((id) => entry(id));
  const written = await firstValueFrom(writer.write(operations(...entries)));
  expect(written.tasks.map(({ taskID }) => taskID)).toEqual([1, 3, 4]);
  expect(written.records).toBe(5);
});
