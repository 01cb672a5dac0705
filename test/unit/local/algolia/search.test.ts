import { beforeEach, expect, test } from 'vitest';
import { browse, type Walker } from '../../../../src/local/algolia/browse.ts';
import type { SearchIndex } from '../../../../src/local/algolia/search-index.ts';
import { ask, idsOf, indexOf, put, type Response, type Row } from './asked-index.ts';

const anyone: Walker = { isPrivileged: false, restricted: (parameters) => parameters };
let index: SearchIndex;
const rows = Array.from({ length: 50 }, (_, i) => ({
  objectID: `r${i}`,
  n: i,
  even: i % 2 === 0,
  kind: `k${i % 3}`,
}));
beforeEach(() => {
  index = indexOf(rows, {
    attributesForFaceting: ['even', 'kind', 'n', 'searchable(deep)'],
    paginationLimitedTo: 30,
  });
});

test('pages end at paginationLimitedTo and say so', () => {
  expect(ask(index, {})).toMatchObject({ nbHits: 50, page: 0, nbPages: 2, hitsPerPage: 20 });
  expect(idsOf(ask(index, { page: 1 }))).toEqual(rows.slice(20, 30).map(({ objectID }) => objectID));
  expect(ask(index, { page: 2 })).toMatchObject({
    hits: [],
    message: expect.stringContaining('you can only fetch the 30 hits'),
  });
  expect(ask(index, { hitsPerPage: 0 })).toMatchObject({ hits: [], nbHits: 50, nbPages: 0 });
  expect(idsOf(ask(index, { offset: 5, length: 2 }))).toEqual(['r5', 'r6']);
  expect(ask(index, { offset: 5, length: 2 })).toMatchObject({ offset: 5, length: 2, nbHits: 50 });
});

test('facets are counted, cut and sorted; numbers have statistics', () => {
  expect(ask(index, { facets: ['even', 'kind'], filters: 'n < 10' })).toMatchObject({
    facets: { even: { true: 5, false: 5 }, kind: { k0: 4, k1: 3, k2: 3 } },
    exhaustiveFacetsCount: true,
  });
  expect(Object.keys(ask(index, { facets: 'kind', maxValuesPerFacet: 2 }).facets?.['kind'] ?? {})).toEqual([
    'k0',
    'k1',
  ]);
  expect(
    Object.keys(
      ask(index, { facets: ['kind'], filters: 'n > 0', sortFacetValuesBy: 'alpha' }).facets?.['kind'] ?? {},
    ),
  ).toEqual(['k0', 'k1', 'k2']);
  expect(Object.keys(ask(index, { facets: ['kind'], filters: 'n > 0' }).facets?.['kind'] ?? {})).toEqual([
    'k1',
    'k0',
    'k2',
  ]);
  expect(ask(index, { facets: ['n'], filters: 'n < 3' })['facets_stats']).toEqual({
    n: { min: 0, max: 2, avg: 1, sum: 3 },
  });
  expect(Object.keys(ask(index, { facets: ['*'] }).facets ?? {})).toEqual(['even', 'kind', 'n']);
});

test('asc and desc order hits, records without the attribute last', () => {
  put(index, { objectID: 'none' } as Row);
  index.apply({
    kind: 'settings',
    settings: {
      ranking: ['typo', 'custom'],
      customRanking: ['desc(kind)', 'asc(n)'],
      paginationLimitedTo: 100,
    },
  });
  const byHand = rows
    .toSorted((a, b) => (a.kind === b.kind ? a.n - b.n : a.kind < b.kind ? 1 : -1))
    .map(({ objectID }) => objectID);
  expect(idsOf(ask(index, { hitsPerPage: 100 }))).toEqual([...byHand, 'none']);
  for (const [offset, length] of [
    [0, 1],
    [3, 5],
    [48, 3],
  ] as const) {
    expect(idsOf(ask(index, { offset, length }))).toEqual([...byHand, 'none'].slice(offset, offset + length));
  }
});

test('numeric filters work on every number unless the settings restrict them', () => {
  index.apply({ kind: 'settings', settings: { numericAttributesForFiltering: ['equalOnly(n)'] } });
  expect(ask(index, { filters: 'n = 3' }).nbHits).toBe(1);
  expect(ask(index, { filters: 'n > 3' }).nbHits).toBe(0);
  index.apply({ kind: 'settings', settings: { numericAttributesForFiltering: null } });
  expect(ask(index, { filters: 'n > 3' }).nbHits).toBe(46);
});

test('nested attributes are reached by path, through arrays too', () => {
  put(index, { objectID: 'deep', deep: { list: [{ a: 'x' }, { a: 'y' }], words: 'below here' } });
  expect(idsOf(ask(index, { filters: 'deep.list.a:Y' }))).toEqual(['deep']);
  expect(ask(index, { facets: ['deep.list.a'] }).facets).toEqual({ 'deep.list.a': { x: 1, y: 1 } });
  expect(idsOf(ask(index, { query: 'bel' }))).toEqual(['deep']);
  index.apply({ kind: 'settings', settings: { searchableAttributes: ['kind,unordered(deep)'] } });
  expect(idsOf(ask(index, { query: 'below' }))).toEqual(['deep']);
  expect(ask(index, { query: 'r5' }).nbHits).toBe(0);
});

test('attributes are left out as asked, and for others than the admin as the settings say', () => {
  const plain = { attributesToHighlight: [] };
  index.apply({ kind: 'settings', settings: { unretrievableAttributes: ['kind'] } });
  const [hit] = ask(index, { hitsPerPage: 1, ...plain }).hits;
  expect(hit).toEqual({ objectID: 'r0', n: 0, even: true });
  expect(ask(index, { hitsPerPage: 1, ...plain }, true).hits[0]).toEqual(rows[0]);
  expect(ask(index, { hitsPerPage: 1, ...plain, attributesToRetrieve: ['kind', 'n'] }).hits[0]).toEqual({
    objectID: 'r0',
    n: 0,
  });
  expect(ask(index, { hitsPerPage: 1, ...plain, attributesToRetrieve: ['*', '-n'] }).hits[0]).toEqual({
    objectID: 'r0',
    even: true,
  });
  expect(Object.keys(ask(index, { responseFields: ['nbHits', 'facets'] }))).toEqual(['nbHits']);
});

test('browsing gives every record once, and none twice that is left alone', () => {
  const seen: string[] = [];
  let cursor: unknown;
  do {
    const page: Response = JSON.parse(
      browse(
        index,
        cursor === undefined ? { filters: 'n < 40', hitsPerPage: 7 } : { cursor },
        anyone,
      ).toString(),
    );
    seen.push(...idsOf(page));
    cursor = page['cursor'];
    put(index, { objectID: 'r0', n: 0 });
  } while (cursor !== undefined);
  expect(seen.filter((id) => id !== 'r0')).toEqual(rows.slice(1, 40).map(({ objectID }) => objectID));
  expect(seen).toContain('r0');
  expect(() => browse(index, { cursor: 'nonsense' }, anyone)).toThrow(
    expect.objectContaining({ status: 400 }),
  );
});

test('what most records died of is swept without a trace in the answers', () => {
  for (let round = 0; round < 60; round += 1) {
    for (const row of rows) put(index, { ...row, round });
    expect(ask(index, { query: 'k1', filters: `round = ${round} AND kind:k1` }).nbHits).toBe(17);
  }
  expect(index.store.slots).toBeLessThan(2_000);
  expect(ask(index, { query: 'k1', filters: 'round = 59 AND n < 9', facets: ['kind'] })).toMatchObject({
    nbHits: 3,
    facets: { kind: { k1: 3 } },
  });
  index.apply({ kind: 'deleteBy', parameters: { filters: 'kind:k1' } });
  expect(ask(index, {}).nbHits).toBe(33);
  index.apply({ kind: 'clear' });
  expect(ask(index, {}).nbHits).toBe(0);
  expect(index.settings.paginationLimitedTo).toBe(30);
});

test.each([
  [{ page: -1 }],
  [{ hitsPerPage: 'many' }],
  [{ query: 7 }],
  [{ filters: ['n > 1'] }],
  [{ facets: { n: 1 } }],
])('refuses %j', (parameters) => {
  expect(() => ask(index, parameters)).toThrow(expect.objectContaining({ status: 400 }));
});
