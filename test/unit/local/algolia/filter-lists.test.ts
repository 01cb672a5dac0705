import { expect, test } from 'vitest';
import {
  facetFilterClauses,
  numericFilterClauses,
  tagFilterClauses,
} from '../../../../src/local/algolia/filter-lists.ts';

const facet = (attribute: string, value: string, negated = false) => ({
  kind: 'facet',
  attribute,
  value,
  negated,
});

test.each([
  ['a:x', [[facet('a', 'x')]]],
  [
    ['a:x', ['b:y', 'b:z']],
    [[facet('a', 'x')], [facet('b', 'y'), facet('b', 'z')]],
  ],
  [[[], 'a:x'], [[facet('a', 'x')]]],
  [['a:-x'], [[facet('a', 'x', true)]]],
  [['a:\\-x'], [[facet('a', '-x')]]],
  [['a:--x'], [[facet('a', '-x', true)]]],
  [['a:-\\-x'], [[facet('a', '\\-x', true)]]],
  [['a:NBC: Universal "East"'], [[facet('a', 'NBC: Universal "East"')]]],
  [['"a":"x y"'], [[facet('a', 'x y')]]],
  [['"a:b":x'], [[facet('a:b', 'x')]]],
  [['_tags:-x'], [[{ kind: 'tag', value: 'x', negated: true }]]],
  [undefined, []],
])('facetFilters %j', (value, expected) => {
  expect(facetFilterClauses(value)).toEqual(expected);
});

test('numericFilters take comparisons and ranges, alternatives and negation', () => {
  const at = { kind: 'comparison', attribute: 'n', operator: '>', operand: 1, negated: false };
  expect(numericFilterClauses('n>1')).toEqual([[at]]);
  expect(numericFilterClauses(['n > 1', ['n:1 TO 2', '-n:3 TO 4']])).toEqual([
    [at],
    [
      { kind: 'range', attribute: 'n', from: 1, to: 2, negated: false },
      { kind: 'range', attribute: 'n', from: 3, to: 4, negated: true },
    ],
  ]);
  expect(numericFilterClauses(['-n>1'])).toEqual([[{ ...at, negated: true }]]);
  expect(numericFilterClauses(['n:5'])).toEqual([[{ ...at, operator: '=', operand: 5 }]]);
});

test('tagFilters are names', () => {
  expect(tagFilterClauses(['a', ['-b', 'c']])).toEqual([
    [{ kind: 'tag', value: 'a', negated: false }],
    [
      { kind: 'tag', value: 'b', negated: true },
      { kind: 'tag', value: 'c', negated: false },
    ],
  ]);
});

test.each([
  [() => facetFilterClauses(['no separator'])],
  [() => facetFilterClauses({ a: 'x' })],
  [() => facetFilterClauses([[['too deep']]])],
  [() => numericFilterClauses(['n'])],
  [() => numericFilterClauses(['n > 1 AND n < 2'])],
  [() => numericFilterClauses([5])],
])('malformed lists are refused', (parse) => {
  expect(parse).toThrow(expect.objectContaining({ status: 400 }));
});
