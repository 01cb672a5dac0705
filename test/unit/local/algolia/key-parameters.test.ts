import { expect, test } from 'vitest';
import { parseFilters } from '../../../../src/local/algolia/filter-parser.ts';
import { withKeyParameters } from '../../../../src/local/algolia/key-parameters.ts';

test('what the key prescribes wins, and what it leaves open stays', () => {
  const given = { query: 'x', attributesToRetrieve: ['*'], userToken: 'me' };
  expect(withKeyParameters(given, { attributesToRetrieve: 'a,b', userToken: 'key' })).toEqual({
    query: 'x',
    attributesToRetrieve: 'a,b',
    userToken: 'key',
  });
});

test.each([
  ['a:x', 'b:y', '(a:x) AND (b:y)'],
  ['a:x OR a:y', 'b:y OR b:z', '(a:x OR a:y) AND (b:y OR b:z)'],
  ['a:x AND n > 1', 'b:y AND n < 9', '(a:x AND n > 1) AND (b:y AND n < 9)'],
  ['', 'b:y', 'b:y'],
  ['  ', 'b:y', 'b:y'],
  ['a:x', '', 'a:x'],
  [undefined, 'b:y', 'b:y'],
])('filters %j and the key: %j', (filters, prescribed, expected) => {
  const merged = withKeyParameters({ filters }, { filters: prescribed });
  const effective = String(merged['filters'] || filters);
  expect(effective).toBe(expected);
  expect(parseFilters(effective)).toEqual([...parseFilters(filters ?? ''), ...parseFilters(prescribed)]);
});

test.each(['a:x) OR (b:z', 'a:"x', "a:x OR b:y')", '(a:x', 'a:x)'])(
  'no filter gets out of its brackets: %s',
  (filters) => {
    expect(() => withKeyParameters({ filters }, { filters: 'b:"y" AND c:"z"' })).toThrow(
      expect.objectContaining({ status: 400 }),
    );
  },
);

test('lists of filters are added to', () => {
  const given = { facetFilters: [['a:x', 'a:y']], numericFilters: 'n>1', tagFilters: 't' };
  const prescribed = { facetFilters: 'b:z', numericFilters: ['n<9'] };
  expect(withKeyParameters(given, prescribed)).toEqual({
    facetFilters: [['a:x', 'a:y'], 'b:z'],
    numericFilters: ['n>1', 'n<9'],
    tagFilters: 't',
  });
});
