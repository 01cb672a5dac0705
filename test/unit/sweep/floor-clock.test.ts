import { expect, test, vi } from 'vitest';
import { clockDifferenceMs, DAY_MS, floorMs, steadyNowMs } from '../../../src/sweep/floor-clock.ts';

const NOW = Date.parse('2026-03-01T12:00:00.123Z');

test('clocks that agree within a minute raise a floor; one that is ahead or behind does not', () => {
  for (const offMs of [0, 59_000, -59_000]) expect(clockDifferenceMs(NOW + offMs, NOW)).toBeUndefined();
  expect(clockDifferenceMs(NOW + 61_000, NOW)).toBe(61_000);
  expect(clockDifferenceMs(NOW - 61_000, NOW)).toBe(-61_000);
  expect(clockDifferenceMs(NOW + 3_650 * DAY_MS, NOW)).toBe(3_650 * DAY_MS);
});

test('the clock of the machine may jump: ours goes on from the start of the process', () => {
  const before = steadyNowMs();
  vi.useFakeTimers({ toFake: ['Date'], now: NOW + 3_650 * DAY_MS });
  try {
    const jumped = Date.now();
    expect(steadyNowMs() - before).toBeLessThan(60_000);
    // The server is on the same machine, and has jumped as well.
    expect(clockDifferenceMs(jumped, steadyNowMs())).toBeGreaterThan(DAY_MS);
  } finally {
    vi.useRealTimers();
  }
});

test('a floor lies so many days of 24 hours back, in whole milliseconds', () => {
  expect(floorMs(NOW + 0.9, 365)).toBe(Date.parse('2025-03-01T12:00:00.123Z'));
});
