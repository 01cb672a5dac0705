import { expect, test } from 'vitest';
import { dueTable } from '../../../src/verify/due.ts';

const HOUR_MS = 3_600_000;

test.each([
  ['one that was never compared goes before all others', { a: 9 * HOUR_MS }, 'b'],
  ['of two that are due the one that has waited longer', { a: 2 * HOUR_MS, b: 3 * HOUR_MS }, 'b'],
  ['at the end of the interval', { a: HOUR_MS, b: 0 }, 'a'],
  ['one that was compared in a time that is yet to come', { a: -1, b: 2 * HOUR_MS }, 'a'],
  ['none within it', { a: HOUR_MS - 1, b: 0 }, undefined],
])('%s', (_, ages, expected) => {
  const results = Object.entries(ages).map(([table, ageMs]) => ({ table, ageMs }));
  expect(dueTable(['a', 'b'], results, HOUR_MS)).toBe(expected);
});

test('what is not configured, or may not be tried yet, is not due', () => {
  expect(dueTable([], [{ table: 'a', ageMs: 9 * HOUR_MS }], HOUR_MS)).toBeUndefined();
});
