import { expect, test } from 'vitest';
import { backoffMs, readRetryAfter } from '../../../src/algolia/backoff.ts';

const almostOne = () => 1 - Number.EPSILON;

test('the delay doubles up to 30 s, with jitter over the whole of it', () => {
  const ceilings = [1, 2, 3, 4, 8, 9, 10, 50, 5_000].map((attempt) =>
    Math.round(backoffMs(attempt, undefined, almostOne)),
  );
  expect(ceilings).toEqual([100, 200, 400, 800, 12_800, 25_600, 30_000, 30_000, 30_000]);
  expect(backoffMs(9, undefined, () => 0)).toBe(0);
  expect(backoffMs(9, undefined, () => 0.5)).toBe(12_800);
});

test('what the server asked for is the least, up to five minutes', () => {
  expect(backoffMs(1, 7_000, almostOne)).toBe(7_000);
  expect(backoffMs(10, 7_000, () => 0.5)).toBe(15_000);
  expect(backoffMs(1, 86_400_000, () => 0)).toBe(300_000);
});

test('Retry-After is read in seconds and as a date, and not from anything else', () => {
  const nowMs = Date.parse('Mon, 23 Nov 2026 21:00:00 GMT');
  expect(readRetryAfter(' 3 ', nowMs)).toBe(3_000);
  expect(readRetryAfter('0', nowMs)).toBe(0);
  expect(readRetryAfter('Mon, 23 Nov 2026 21:01:30 GMT', nowMs)).toBe(90_000);
  expect(readRetryAfter('Mon, 23 Nov 2026 20:00:00 GMT', nowMs)).toBe(0);
  for (const unusable of [
    undefined,
    '',
    '-1',
    '1.5',
    'soon',
    '2026-11-23',
    'Foo, 99 Bar 2026 99:00:00 GMT',
  ]) {
    expect(readRetryAfter(unusable, nowMs), String(unusable)).toBeUndefined();
  }
});
