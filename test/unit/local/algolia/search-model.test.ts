import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ask, idsOf, indexOf, put, type Row } from './asked-index.ts';

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
