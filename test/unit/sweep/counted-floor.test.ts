import { expect, test } from 'vitest';
import type { WalkPage } from '../../../src/algolia/walk.ts';
import { countedFloor } from '../../../src/sweep/counted-floor.ts';
import { NewestTimes } from '../../../src/sweep/newest-times.ts';
import { Patience } from '../../../src/sweep/patience.ts';

/** Pages of ten; `count` is what the index says there are. */
async function floorOf(times: readonly (number | null)[], recordsMax: number, count = times.length) {
  const pages: WalkPage[] = [];
  const records = times.map((at_ms, at) => ({ objectID: String(at), values: { at_ms } }));
  const floor = await countedFloor(
    {
      algolia: {
        walk: async (_, page) => {
          pages.push(page);
          const from = Number(page.cursor ?? 0);
          const cursor = from + 10 < records.length ? String(from + 10) : undefined;
          return { records: records.slice(from, from + 10), count, cursor };
        },
      },
      patience: new Patience(() => undefined),
    },
    { index: 'i', attribute: 'at_ms', recordsMax },
  );
  return { floor, pages: pages.length };
}

/** Neither sorted nor in an order that texts would have: 7, 14, … modulo the next prime. */
const shuffled = (count: number): number[] => Array.from({ length: count }, (_, at) => ((at + 1) * 7) % 211);

test('is the time of the last one that is kept: 99 in a hundred of what may be there', async () => {
  const times = shuffled(205);
  const newestFirst = times.toSorted((one, other) => other - one);
  expect(await floorOf(times, 200)).toEqual({ floor: newestFirst[197], pages: 21 });
  expect(await floorOf(times, 100)).toEqual({ floor: newestFirst[98], pages: 21 });
});

test('one page says that there are not too many, and all of them where it was wrong', async () => {
  expect(await floorOf(shuffled(200), 200)).toEqual({ floor: undefined, pages: 1 });
  expect(await floorOf(shuffled(200), 200, 5_000)).toEqual({ floor: undefined, pages: 20 });
  expect(await floorOf([], 200)).toEqual({ floor: undefined, pages: 1 });
});

test('those without a time count and stay, and records of one moment stay together', async () => {
  const times = [...Array.from({ length: 50 }, () => null), ...shuffled(100)];
  const newestFirst = shuffled(100).toSorted((one, other) => other - one);
  expect((await floorOf(times, 100)).floor).toBe(newestFirst[48]);
  expect(
    (
      await floorOf(
        Array.from({ length: 150 }, () => null),
        100,
      )
    ).floor,
  ).toBeUndefined();
  const same = Array.from({ length: 150 }, (_, at) => (at < 20 ? 1 : 2));
  expect((await floorOf(same, 100)).floor).toBe(2);
});

test('however many there are, no more are held than twice what may be there', () => {
  const times = new NewestTimes(10);
  expect(times.newest(1)).toBeUndefined();
  for (const time of shuffled(205)) times.add(time);
  const newestFirst = shuffled(205).toSorted((one, other) => other - one);
  for (let rank = 1; rank <= 10; rank++) expect(times.newest(rank)).toBe(newestFirst[rank - 1]);
  expect(times.newest(11)).toBeUndefined();
});
