import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RefusedError, TooLargeError, TransientError } from '../../../src/algolia/failures.ts';
import { createWriter, type WriterOptions, type Written } from '../../../src/algolia/writer.ts';
import { SessionLostError } from '../../../src/errors.ts';
import type { Step } from '../../../src/records/operations.ts';
import { operation, position } from './operations.ts';

const cause = new Error('cause');
const unavailable = new TransientError('writing', { cause, status: 503, outcomeUnknown: false });
const slowDown = new TransientError('writing', {
  cause,
  status: 429,
  outcomeUnknown: false,
  retryAfterMs: 4_000,
});
const refused = new RefusedError('writing', { status: 403, reason: 'not allowed', cause });
const tooLarge = new TooLargeError('writing', { status: 413, reason: 'too large', cause });

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

type Request = { index: string; ids: string[]; accept(taskID: number): void; fail(error: unknown): void };

/** An index whose answers the test gives, request by request. */
function harness(options: Partial<WriterOptions> = {}) {
  const requests: Request[] = [];
  const fence = vi.fn(async () => {});
  const batch = (index: string, body: Uint8Array) =>
    new Promise<{ taskID: number }>((resolve, reject) => {
      const { requests: sent } = JSON.parse(Buffer.from(body).toString());
      const ids = sent.map((each: { body: { objectID: string } }) => each.body.objectID);
      requests.push({ index, ids, accept: (taskID) => resolve({ taskID }), fail: reject });
    });
  const writer = createWriter({ algolia: { batch }, fence, random: () => 0.5, nowMs: () => 7, ...options });
  const results: Written[] = [];
  const errors: unknown[] = [];
  const write = (steps: readonly Step[]) =>
    writer.write(steps).subscribe({
      next: (written) => results.push(written),
      error: (error: unknown) => errors.push(error),
    });
  const request = (at: number): Request => {
    const found = requests[at];
    if (found === undefined) throw new Error(`request ${at} was not sent`);
    return found;
  };
  return { requests, request, fence, writer, results, errors, write };
}

/** Lets promises take their turns without any time passing. */
const turns = () => vi.advanceTimersByTimeAsync(0);

test('a batch becomes one request per index; what is accepted is told with its tasks and the last position', async () => {
  const { write, requests, request, results } = harness();
  const steps = [
    operation('1'),
    operation('2', { index: 'b' }),
    position(10n),
    operation('1', { body: ',"x":1' }),
    operation('3', { kind: 'delete' }),
    position(20n),
  ];
  write(steps);
  await turns();
  expect(requests.map(({ index, ids }) => [index, ids])).toEqual([
    ['a', ['1', '3']],
    ['b', ['2']],
  ]);
  request(1).accept(50);
  await turns();
  expect(results).toEqual([]);
  request(0).accept(40);
  await turns();
  const bytes = steps.reduce((sum, step) => sum + (step.kind === 'position' ? 0 : step.end - step.start), 0);
  const facts = { position: steps.at(-1), records: 3, deleted: 1, bytes, acceptedAtMs: 7 };
  const tasks = expect.arrayContaining([
    { index: 'a', taskID: 40 },
    { index: 'b', taskID: 50 },
  ]);
  expect(results).toEqual([{ ...facts, tasks }]);
});

test('positions alone, and nothing at all, cost neither a request nor a fence', async () => {
  const { write, requests, results, fence } = harness();
  write([position(1n), position(2n)]);
  write([]);
  await turns();
  expect(results).toMatchObject([
    { position: { lsn: 2n }, tasks: [], records: 0, bytes: 0 },
    { position: undefined, tasks: [] },
  ]);
  expect(requests).toEqual([]);
  expect(fence).not.toHaveBeenCalled();
});

test('transient failures are retried with growing pauses, without end, and each retry is told', async () => {
  const onRetry = vi.fn();
  const { write, requests, request, results } = harness({ onRetry });
  write([operation('1')]);
  for (let attempt = 0; attempt < 40; attempt++) {
    await turns();
    request(attempt).fail(unavailable);
    await turns();
    await vi.advanceTimersByTimeAsync(15_000);
  }
  request(40).accept(1);
  await turns();
  expect(results).toHaveLength(1);
  expect(requests).toHaveLength(41);
  const delays = onRetry.mock.calls.map(([{ delayMs }]) => delayMs);
  expect(delays.slice(0, 10)).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 15_000]);
  expect(onRetry).toHaveBeenLastCalledWith({ index: 'a', attempt: 40, delayMs: 15_000, error: unavailable });
});

test('no retry before the time that the server asked for', async () => {
  const { write, requests, request } = harness();
  write([operation('1')]);
  await turns();
  request(0).fail(slowDown);
  await vi.advanceTimersByTimeAsync(3_999);
  expect(requests).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(requests).toHaveLength(2);
});

test('the fence stands before every attempt; when it rejects, the write fails with its error and nothing is sent', async () => {
  const lost = new SessionLostError('ownership is not proven');
  const { write, requests, request, errors, fence } = harness();
  write([operation('1')]);
  await turns();
  expect(fence).toHaveBeenCalledTimes(1);
  request(0).fail(unavailable);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(fence).toHaveBeenCalledTimes(2);
  fence.mockRejectedValue(lost);
  request(1).fail(unavailable);
  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(fence).toHaveBeenCalledTimes(3);
  expect(requests).toHaveLength(2);
  expect(errors).toEqual([lost]);
});

test('a fence that is still open when the session ends lets nothing through', async () => {
  let open = (): void => {};
  const fence = () => new Promise<void>((resolve) => (open = resolve));
  const { write, requests } = harness({ fence });
  const subscription = write([operation('1')]);
  await turns();
  subscription.unsubscribe();
  open();
  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(requests).toEqual([]);
});

test('unsubscribing during a pause sends nothing more', async () => {
  const { write, requests, request } = harness();
  const subscription = write([operation('1')]);
  await turns();
  request(0).fail(unavailable);
  await turns();
  subscription.unsubscribe();
  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(requests).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});

test.each(['accepted', 'failed'] as const)(
  'settled waits for a request whose write is gone until it is %s',
  async (end) => {
    const { write, writer, request, requests } = harness();
    await writer.settled();
    const subscription = write([operation('1')]);
    await turns();
    subscription.unsubscribe();
    const settled = vi.fn();
    const waiting = writer.settled().then(settled);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(settled).not.toHaveBeenCalled();
    if (end === 'accepted') request(0).accept(1);
    else request(0).fail(unavailable);
    await waiting;
    await vi.advanceTimersByTimeAsync(100_000);
    expect(requests).toHaveLength(1);
  },
);

test('a refusal is an error of the write, and ends the other index too', async () => {
  const { write, request, errors, results } = harness();
  write([operation('1'), operation('2', { index: 'b' })]);
  await turns();
  request(1).fail(unavailable);
  request(0).fail(refused);
  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(errors).toEqual([refused]);
  expect(results).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('413 halves, in order, as often as it takes; each half stands behind the fence and has its task', async () => {
  const { write, requests, request, results, fence } = harness();
  write(['1', '2', '3', '4', '5'].map((id) => operation(id)));
  await turns();
  request(0).fail(tooLarge);
  await turns();
  request(1).fail(tooLarge);
  await turns();
  for (const [at, taskID] of [
    [2, 10],
    [3, 11],
    [4, 12],
  ] as const) {
    request(at).accept(taskID);
    await turns();
  }
  expect(requests.map(({ ids }) => ids.join(''))).toEqual(['12345', '123', '12', '3', '45']);
  expect(fence).toHaveBeenCalledTimes(5);
  expect(results).toMatchObject([{ records: 5, tasks: [{ taskID: 10 }, { taskID: 11 }, { taskID: 12 }] }]);
});

test('a single operation that is too large is refused, and nothing behind it is sent', async () => {
  const { write, requests, request, errors } = harness();
  write([operation('1'), operation('2')]);
  await turns();
  request(0).fail(tooLarge);
  await turns();
  request(1).fail(tooLarge);
  await turns();
  expect(errors).toEqual([tooLarge]);
  expect(requests).toHaveLength(2);
});

test('a bug is not retried', async () => {
  const bug = new TypeError('not a function');
  const { write, request, errors } = harness();
  write([operation('1')]);
  await turns();
  request(0).fail(bug);
  await turns();
  expect(errors).toEqual([bug]);
});

test('a written batch can be written again from the start', async () => {
  const { writer, requests, request } = harness();
  const written = writer.write([operation('1')]);
  written.subscribe();
  await turns();
  request(0).accept(1);
  written.subscribe();
  await turns();
  expect(requests).toHaveLength(2);
});
