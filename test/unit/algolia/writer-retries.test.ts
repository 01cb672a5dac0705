import { expect, test, vi } from 'vitest';
import { operation } from './operations.ts';
import { harness, refused, slowDown, turns, unavailable } from './writer-case.ts';

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
  expect(onRetry).toHaveBeenLastCalledWith({
    index: 'a',
    attempt: 40,
    delayMs: 15_000,
    error: unavailable,
    waits: false,
    reason: '503',
  });
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

test('a right that is missing is waited for, slowly, by the same request and without end', async () => {
  const onRetry = vi.fn();
  const { write, requests, request, errors, results } = harness({ onRetry });
  write([operation('1'), operation('2')]);
  for (let attempt = 0; attempt < 8; attempt++) {
    await turns();
    request(attempt).fail(refused);
    await turns();
    await vi.advanceTimersByTimeAsync(45_000);
  }
  request(8).accept(1);
  await turns();
  expect(errors).toEqual([]);
  expect(results).toMatchObject([{ records: 2, letters: { setAside: [] } }]);
  expect(new Set(requests.map(({ ids }) => ids.join()))).toEqual(new Set(['1,2']));
  const delays = onRetry.mock.calls.map(([{ delayMs }]) => delayMs);
  expect(delays).toEqual([3_750, 7_500, 15_000, 30_000, 45_000, 45_000, 45_000, 45_000]);
  expect(onRetry).toHaveBeenLastCalledWith(
    expect.objectContaining({ index: 'a', error: refused, waits: true, reason: '403' }),
  );
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
