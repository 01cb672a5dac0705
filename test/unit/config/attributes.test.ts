import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';

const parsed = (attributes: Record<string, unknown>) =>
  parseConfig({
    postgres: { url: 'postgres://db/app' },
    algolia: { appId: 'app', apiKey: 'key' },
    tables: { 'a.b': { index: 'i', attributes } } as never,
  }).tables['a.b']?.attributes;

test('columns, parts of them and constants', () => {
  const attributes = {
    who: 'actor_id',
    part: { column: 'data', path: 'a.0', as: 'number' },
    none: { constant: null },
    kind: { constant: ['log', { a: 1 }] },
  };
  expect(parsed(attributes)).toEqual(attributes);
});

test.each([
  [{ constant: 1, column: 'c' }, 'n.column: expected no `column` beside `constant`'],
  [{ constant: null, path: 'a' }, 'n.path: expected no `path` beside `constant`'],
  [{ constant: Number.NaN }, 'n.constant: expected a JSON value'],
  [{ column: 'c', path: 'a..b' }, 'n.path: expected keys and positions with one dot between them'],
  [{ column: 'c', path: Array(33).fill('a').join('.') }, 'n.path: expected at most 32 keys'],
  [{ column: 'c', path: 'a', timeZone: 'UTC' }, 'n.timeZone: expected no `timeZone` beside `path`'],
  [{ path: 'a' }, 'n.column: missing'],
])('%j is refused', (attribute, expected) => {
  expect(() => parsed({ n: attribute })).toThrow(`tables["a.b"].attributes.${expected}`);
});
