import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SearchAnswer, SearchParameters } from '../../../src/algolia/search.ts';
import { newestFirst, type PagesOptions } from '../../../src/reports/pages.ts';

type Row = { readonly id: number; readonly at_ms: number };
type Index = {
  readonly page?: number;
  readonly exact?: boolean;
  /** Of what is found, before the page is cut. */
  readonly order?: (rows: Row[]) => Row[];
  readonly browse?: PagesOptions['browse'];
  readonly without?: string;
};

const newest = (rows: Row[]): Row[] =>
  rows.toSorted((one, other) => other.at_ms - one.at_ms || other.id - one.id);

/** Answers as an index would that has these rows, a few at a time. */
function searching(rows: readonly Row[], { page = 10, exact = true, order = newest, without }: Index) {
  return async ({ filters = '' }: SearchParameters): Promise<SearchAnswer> => {
    const tests = filters.split(' AND ').map((text) => {
      const [name = '', operator, number] = text.split(' ');
      const value = Number(number);
      const of = (row: Row): number => (name === 'id' ? row.id : row.at_ms);
      if (operator === '>=') return (row: Row) => of(row) >= value;
      if (operator === '<=') return (row: Row) => of(row) <= value;
      if (operator === '<') return (row: Row) => of(row) < value;
      return (row: Row) => of(row) === value;
    });
    const found = order(rows.filter((row) => tests.every((test) => test(row))));
    const hits = found.slice(0, page).map((row) => {
      const { [without as never]: _, ...kept } = row as Record<string, unknown>;
      return JSON.stringify(kept);
    });
    return { hits, nbHits: exact ? found.length : Math.round(found.length * 0.9), isExact: exact };
  };
}

async function read(
  rows: readonly Row[],
  index: Index = {},
  fromMs = -1_000,
  toMs = 1_000,
): Promise<number[]> {
  const ids: number[] = [];
  for await (const events of newestFirst({
    search: searching(rows, index),
    browse: index.browse ?? (async () => undefined),
    index: 'log',
    attributes: { time: 'at', sequence: 'id' },
    facetFilters: [],
    fromMs,
    toMs,
  }))
    ids.push(...events.map(({ members }) => Number(members.get('id'))));
  return ids;
}

const ROWS = fc
  .array(fc.integer({ min: -20, max: 20 }), { maxLength: 120 })
  .map((times) => times.map((at_ms, id): Row => ({ id, at_ms })));

describe('newestFirst', () => {
  it('gives each record once, the newest first, however many share a millisecond', async () => {
    await fc.assert(
      fc.asyncProperty(ROWS, fc.integer({ min: 1, max: 15 }), fc.boolean(), async (rows, page, exact) => {
        expect(await read(rows, { page, exact })).toEqual(newest([...rows]).map(({ id }) => id));
      }),
    );
  });

  it('keeps to its ends, both included', async () => {
    const rows = Array.from({ length: 50 }, (_, id) => ({ id, at_ms: id }));
    expect(await read(rows, { page: 3 }, 10, 20)).toEqual([20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10]);
    expect(await read(rows, {}, 20, 10)).toEqual([]);
  });

  it('sorts by itself what one answer holds', async () => {
    const rows = [1, 5, 3].map((at_ms, id) => ({ id, at_ms }));
    expect(await read(rows, { order: (found) => found })).toEqual([1, 2, 0]);
  });

  it.each<[string, Index]>([
    ['the oldest first', { order: (found) => newest(found).reverse() }],
    [
      'in no order',
      { order: (found) => found.toSorted((one, other) => ((one.id * 7) % 50) - ((other.id * 7) % 50)) },
    ],
  ])('errors rather than leave out what comes %s', async (_, index) => {
    const rows = Array.from({ length: 50 }, (_, id) => ({ id, at_ms: id }));
    await expect(read(rows, index)).rejects.toMatchObject({
      code: 'PRECONDITION',
      remedy: expect.stringContaining('desc(at_ms)'),
    });
  });

  it('notices what is missing between pages that are in order', async () => {
    const rows = Array.from({ length: 50 }, (_, id) => ({ id, at_ms: id }));
    const late = [...rows, { id: 99, at_ms: 45 }];
    const byId = (found: Row[]): Row[] => {
      const [odd, ...others] = newest(found).toSorted((one) => (one.id === 99 ? -1 : 1));
      return odd?.id === 99 ? [...others, odd] : newest(found);
    };
    await expect(read(late, { order: byId })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  const burst = Array.from({ length: 25 }, (_, id) => ({ id, at_ms: 7 }));

  it('without a sequence in one millisecond it browses, or errors where the key may not', async () => {
    const browse = async () =>
      (async function* () {
        yield burst.slice(0, 20).map((row) => JSON.stringify(row));
        yield burst.slice(20).map((row) => JSON.stringify(row));
      })();
    const rows = [...burst, { id: 100, at_ms: 3 }];
    const unsorted = (found: Row[]): Row[] =>
      found.toSorted((one, other) => other.at_ms - one.at_ms || one.id - other.id);
    expect(await read(rows, { order: unsorted, browse })).toEqual([...burst.map(({ id }) => id), 100]);
    await expect(read(rows, { order: unsorted })).rejects.toMatchObject({
      code: 'PRECONDITION',
      message: expect.stringContaining('25 records of the millisecond 1970-01-01T00:00:00.007Z'),
      remedy: expect.stringContaining('reports.sequenceAttribute'),
    });
    await expect(read(rows, { without: 'id' })).rejects.toMatchObject({ code: 'PRECONDITION' });
  });

  it('errors where the time is not given back', async () => {
    await expect(read(burst, { without: 'at_ms' })).rejects.toMatchObject({
      code: 'PRECONDITION',
      message: expect.stringContaining('"at_ms"'),
    });
  });
});
