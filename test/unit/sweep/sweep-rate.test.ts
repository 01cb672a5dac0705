import { expect, test } from 'vitest';
import type { WalkPage } from '../../../src/algolia/walk.ts';
import { sweepOnce } from '../../../src/sweep/index-sweep.ts';
import { Patience } from '../../../src/sweep/patience.ts';

/** Time passes in pauses alone. */
class RecordedPatience extends Patience {
  pausedMs = 0;

  constructor() {
    super(() => undefined);
  }

  override async pause(ms: number): Promise<void> {
    this.pausedMs += ms;
  }
}

async function swept(records: number, perSecondMax: number | undefined) {
  const patience = new RecordedPatience();
  const wishes: number[] = [];
  const pages: WalkPage[] = [];
  const all = Array.from({ length: records }, (_, at) => ({ objectID: String(at), values: { at_ms: at } }));
  const found = await sweepOnce(
    {
      algolia: {
        walk: async (_, page) => {
          pages.push(page);
          const from = Number(page.cursor ?? 0);
          const cursor = from + 1_000 < records ? String(from + 1_000) : undefined;
          return { records: all.slice(from, from + 1_000), count: records, cursor };
        },
        isPublished: async () => true,
      },
      wishes: {
        ask: async (asked) => {
          wishes.push(asked.length);
          return [{ index: 't', taskID: 1 }];
        },
      },
      patience,
      tables: { t: { index: 't', objectID: ['id'] } },
    },
    {
      index: 't',
      tables: ['t'],
      attributes: ['at_ms'],
      filters: 'at_ms < 5',
      judge: () => 'old',
      onRemoved: async () => undefined,
      perSecondMax,
    },
  );
  return { found, pausedMs: patience.pausedMs, wishes, pages };
}

test('no more are removed in a second than the plan allows, and never more in one go', async () => {
  const { found, pausedMs, wishes, pages } = await swept(1_500, 50);
  expect(found).toBe(1_500);
  expect(Math.max(...wishes)).toBe(50);
  // What the work itself took counts as well, and it took hardly any.
  expect(pausedMs).toBeGreaterThan(29_000);
  expect(pausedMs).toBeLessThanOrEqual(30_000);
  expect(pages.map(({ filters, cursor }) => [filters, cursor])).toEqual([
    ['at_ms < 5', undefined],
    ['at_ms < 5', '1000'],
  ]);
});

test('without a rate a walk goes as fast as the line', async () => {
  const { found, pausedMs, wishes } = await swept(250, undefined);
  expect([found, pausedMs, wishes]).toEqual([250, 0, [100, 100, 50]]);
});
