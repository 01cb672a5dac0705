import { expect, test, vi } from 'vitest';
import { SessionLostError } from '../../../src/errors.ts';
import { operation } from './operations.ts';
import { harness, turns, unavailable } from './writer-case.ts';

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
