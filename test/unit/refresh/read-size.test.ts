import { expect, test } from 'vitest';
import { refreshSteps } from '../../../src/records/refresh-message.ts';
import { ReadSize } from '../../../src/refresh/read-size.ts';

test('at first only so many are read as fit in any case, then twice as many each time', () => {
  const size = new ReadSize(1_000_000);
  const counts = [];
  for (let reads = 0; reads < 4; reads++) {
    const keys = size.keys('t', 100_000, 1_000_000);
    counts.push(keys);
    size.fitted('t', keys, keys * 100);
  }
  expect(counts).toEqual([10, 20, 40, 80]);
  expect(size.keys('another', 100_000, 1_000_000)).toBe(10);
});

test('no more are read than there is room for, going by the last, and a small rest changes nothing', () => {
  const size = new ReadSize(1_000_000);
  const keys = size.keys('t', 10_000, 1_000_000);
  size.fitted('t', keys, keys * 1_000);
  expect(size.keys('t', 10_000, 50_500)).toBe(50);
  expect(size.keys('t', 10_000, 10)).toBe(1);
  size.fitted('t', 1, 1_000);
  expect(size.keys('t', 10_000, 1_000_000)).toBe(2 * keys);
});

test('half as many after too many, down to one, and never more than may be read in vain', () => {
  const size = new ReadSize(100);
  expect(size.keys('t', 1_000_000, 100)).toBe(1);
  size.fitted('t', 1_000, 0);
  expect(size.keys('t', 1_000_000, 100)).toBe(500);
  for (const half of [250, 125, 63, 32, 16, 8, 4, 2, 1]) {
    size.overflowed('t', size.keys('t', 1_000_000, 100));
    expect(size.keys('t', 1_000_000, 100)).toBe(half);
  }
});

test('tables that take turns are read as far as there is room for all of them, as far as is known', () => {
  const size = new ReadSize(1_000);
  const line = refreshSteps(
    Array.from({ length: 20 }, (_, at) => ({ table: at % 2 === 0 ? 'a' : 'b', objectID: String(at) })),
    { a: { index: 'a', objectID: ['id'] }, b: { index: 'b', objectID: ['id'] } },
    100,
  );
  const bytesMax = line[0]?.bytesMax ?? 0;
  expect(size.together(line, 5 * bytesMax)).toEqual(line.slice(0, 5));
  size.fitted('a', size.keys('a', bytesMax, 1_000), 0);
  expect(size.together(line, 5 * bytesMax)).toEqual(line.slice(0, 11));
  expect(size.together(line, 0)).toEqual(line.slice(0, 1));
  expect(size.together(line, 1_000 * bytesMax)).toBe(line);
});
