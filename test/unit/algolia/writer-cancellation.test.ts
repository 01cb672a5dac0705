import { expect, test, vi } from 'vitest';
import { operation } from './operations.ts';
import { harness, turns, unavailable } from './writer-case.ts';

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
