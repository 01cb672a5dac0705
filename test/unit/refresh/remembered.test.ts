import { afterEach, expect, test, vi } from 'vitest';
import { DeliveredTransactions } from '../../../src/refresh/delivered.ts';
import { Refresher } from '../../../src/refresh/refresher.ts';

afterEach(() => vi.useRealTimers());

test('what is remembered is looked through now and then, before its xids come round', () => {
  vi.useFakeTimers();
  const delivered = new DeliveredTransactions();
  const refresher = new Refresher({
    url: 'postgres://nobody@127.0.0.1:1/none',
    slot: 's',
    serverVersion: 180_000,
    publications: [],
    bindings: new Map(),
    tables: {},
    types: new Map(),
    recordBytesMax: 100,
    delivered,
  });
  vi.advanceTimersByTime(4_000_000);
  expect(refresher.concerns([])).toBe(false);
  delivered.add(5);
  expect(refresher.concerns([])).toBe(false);
  vi.advanceTimersByTime(4_000_000);
  expect(refresher.concerns([])).toBe(true);
  delivered.seen({ xmax: 5, running: new Set() });
  expect(refresher.concerns([])).toBe(false);
});
