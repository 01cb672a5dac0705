import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { browse } from '../../../../src/local/algolia/browse.ts';
import { search } from '../../../../src/local/algolia/search.ts';
import { SearchIndex } from '../../../../src/local/algolia/search-index.ts';

type Row = { readonly objectID: string } & Readonly<Record<string, unknown>>;
type Response = {
  readonly hits: readonly Row[];
  readonly nbHits: number;
  readonly facets?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly [field: string]: unknown;
};

function indexOf(rows: readonly Row[], settings: Readonly<Record<string, unknown>> = {}): SearchIndex {
  const index = new SearchIndex(0);
  index.apply({ kind: 'settings', settings });
  for (const row of rows) put(index, row);
  return index;
}

function put(index: SearchIndex, row: Row): void {
  index.apply({ kind: 'set', objectID: row.objectID, record: Buffer.from(JSON.stringify(row)) });
}

function ask(
  index: SearchIndex,
  parameters: Readonly<Record<string, unknown>>,
  privileged = false,
): Response {
  return JSON.parse(search(index, 'i', parameters, privileged).toString());
}

const idsOf = (response: Response) => response.hits.map(({ objectID }) => objectID);

describe('against a record by record evaluation', () => {
  const ACTIONS = ['create', 'update', 'delete'];
  const row = fc.record({
    objectID: fc.integer({ min: 0, max: 30 }).map(String),
    action: fc.option(fc.constantFrom(...ACTIONS, 'UPDATE'), { nil: undefined }),
    n: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
    tags: fc.array(fc.constantFrom('red', 'green', 'blue'), { maxLength: 2 }),
    text: fc.constantFrom('Alpha beta', 'alphabet soup', 'béta gamma', 'x'),
  });
  const change = fc.oneof(
    { weight: 8, arbitrary: row.map((given) => ({ kind: 'set' as const, given })) },
    {
      weight: 3,
      arbitrary: fc.integer({ min: 0, max: 30 }).map((id) => ({ kind: 'delete' as const, id: String(id) })),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'query' as const }) },
  );
  const lower = (value: unknown) => String(value).toLowerCase();
  const questions: [Readonly<Record<string, unknown>>, (row: Row) => boolean][] = [
    [{}, () => true],
    [{ filters: 'action:update' }, ({ action }) => lower(action) === 'update'],
    [{ filters: 'NOT action:update' }, ({ action }) => lower(action) !== 'update'],
    [{ filters: 'n > 4' }, ({ n }) => n !== undefined && Number(n) > 4],
    [{ filters: 'NOT n:2 TO 5' }, ({ n }) => n !== undefined && !(Number(n) >= 2 && Number(n) <= 5)],
    [
      { filters: 'tags:red OR tags:blue', numericFilters: [['n=1', 'n=2']] },
      ({ tags, n }) => (n === 1 || n === 2) && (tags as string[]).some((tag) => tag !== 'green'),
    ],
    [
      { facetFilters: [['tags:-red', 'action:create']] },
      ({ tags, action }) => !(tags as string[]).includes('red') || action === 'create',
    ],
    [{ filters: 'n = 3', facetFilters: 'undeclared:x' }, () => false],
    [{ query: 'alpha' }, ({ text }) => lower(text).startsWith('alpha')],
    [{ query: 'alpha b' }, ({ text }) => text === 'Alpha beta'],
    [
      { query: 'BETA', queryType: 'prefixNone' },
      ({ text }) => /b[eé]ta/.test(lower(text)) && text !== 'alphabet soup',
    ],
    [{ query: 'beta gam' }, ({ text }) => text === 'béta gamma'],
    [{ filters: 'objectID:7' }, ({ objectID }) => objectID === '7'],
  ];

  test('the same records match, in the order of their latest versions, and facets count them', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const index = indexOf([], {
          searchableAttributes: ['text'],
          attributesForFaceting: ['action', 'filterOnly(n)', 'tags'],
        });
        const rows = new Map<string, Row>();
        for (const step of changes) {
          if (step.kind === 'set') {
            put(index, step.given);
            rows.delete(step.given.objectID);
            rows.set(step.given.objectID, step.given);
          } else if (step.kind === 'delete') {
            index.apply({ kind: 'delete', objectID: step.id });
            rows.delete(step.id);
          } else ask(index, { query: 'alpha', filters: 'action:update AND n > 1' });
        }
        for (const [parameters, matches] of questions) {
          const expected = [...rows.values()].filter(matches);
          const response = ask(index, { ...parameters, hitsPerPage: 1000, facets: ['tags', 'n', 'unknown'] });
          expect(idsOf(response)).toEqual(expected.map(({ objectID }) => objectID));
          expect(response.nbHits).toBe(expected.length);
          const counts: Record<string, number> = {};
          for (const tag of expected.flatMap(({ tags }) => [...new Set(tags as string[])]))
            counts[tag] = (counts[tag] ?? 0) + 1;
          expect(response.facets).toEqual(Object.keys(counts).length === 0 ? {} : { tags: counts });
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('one index', () => {
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
      expect(idsOf(ask(index, { offset, length }))).toEqual(
        [...byHand, 'none'].slice(offset, offset + length),
      );
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
    index.apply({ kind: 'settings', settings: { unretrievableAttributes: ['kind'] } });
    const [hit] = ask(index, { hitsPerPage: 1 }).hits;
    expect(hit).toEqual({ objectID: 'r0', n: 0, even: true });
    expect(ask(index, { hitsPerPage: 1 }, true).hits[0]).toEqual(rows[0]);
    expect(ask(index, { hitsPerPage: 1, attributesToRetrieve: ['kind', 'n'] }).hits[0]).toEqual({
      objectID: 'r0',
      n: 0,
    });
    expect(ask(index, { hitsPerPage: 1, attributesToRetrieve: ['*', '-n'] }).hits[0]).toEqual({
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
          false,
        ).toString(),
      );
      seen.push(...idsOf(page));
      cursor = page['cursor'];
      put(index, { objectID: 'r0', n: 0 });
    } while (cursor !== undefined);
    expect(seen.filter((id) => id !== 'r0')).toEqual(rows.slice(1, 40).map(({ objectID }) => objectID));
    expect(seen).toContain('r0');
    expect(() => browse(index, { cursor: 'nonsense' }, false)).toThrow(
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
});
