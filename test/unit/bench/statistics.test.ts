import fc from 'fast-check';
import { expect, test } from 'vitest';
import { median, percentile, spread } from '../../bench/statistics.ts';

test.each([
  [[7], 7],
  [[9, 1, 5], 5],
  [[10, 2, 4, 30], 7],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

test.each([
  [0.5, 50],
  [0.9, 90],
  [0.99, 99],
  [1, 100],
  [0.001, 1],
])('percentile %d of 1 to 100, in any order, is %d', (share, expected) => {
  const values = Array.from({ length: 100 }, (_, n) => ((n * 37) % 100) + 1);
  expect(percentile(values, share)).toBe(expected);
});

test('at least that share of the values is not above a percentile, and less is below it', () => {
  const anyValues = fc.array(fc.integer(), { minLength: 1 });
  fc.assert(
    fc.property(anyValues, fc.constantFrom(0.5, 0.9, 0.99), (values, share) => {
      const found = percentile(values, share);
      expect(values.filter((value) => value <= found).length).toBeGreaterThanOrEqual(share * values.length);
      expect(values.filter((value) => value < found).length).toBeLessThan(share * values.length);
    }),
  );
});

test('a spread is the median with the smallest and the largest', () => {
  expect(spread([3, 100, 20])).toEqual({ median: 20, min: 3, max: 100 });
});

test.each([median, spread, (values: readonly number[]) => percentile(values, 0.5)])(
  'of no values there are no statistics',
  (statistic) => {
    expect(() => statistic([])).toThrow(RangeError);
  },
);
