import { expect, test } from 'vitest';
import { MissingRecordsError } from '../../bench/bench-errors.ts';
import { latencyOf } from '../../bench/latency.ts';

test('each row is timed from its own commit, and the first tenth is warming up', () => {
  const committed = Array.from({ length: 10 }, (_, place) => 1_000 + 10 * place);
  const times = committed.map((at, place) => [place + 1, at + place, at + 100 + place] as const).reverse();
  expect(latencyOf(committed, times)).toEqual({
    acceptedMs: [1, 2, 3, 4, 5, 6, 7, 8, 9],
    publishedMs: [101, 102, 103, 104, 105, 106, 107, 108, 109],
  });
});

test('a row that was not published is missed', () => {
  expect(() => latencyOf([1, 2], [[1, 5, 6]])).toThrow(new MissingRecordsError('row 2 was never published'));
});
