import { expect, test } from 'vitest';
import type { Clause, Filter } from '../../../../src/local/algolia/filter.ts';
import { parseFilters } from '../../../../src/local/algolia/filter-parser.ts';
import { Refusal } from '../../../../src/local/algolia/refusal.ts';

/** `a:x|!b:y & n>1` for [[a:x, NOT b:y], [n > 1]]. */
function shown(clauses: readonly Clause[]): string {
  return clauses.map((clause) => clause.map(shownFilter).join('|')).join(' & ');
}

function shownFilter(filter: Filter): string {
  const sign = filter.negated ? '!' : '';
  switch (filter.kind) {
    case 'facet':
      return `${sign}${filter.attribute}:${filter.value}`;
    case 'tag':
      return `${sign}#${filter.value}`;
    case 'comparison':
      return `${sign}${filter.attribute}${filter.operator}${filter.operand}`;
    case 'range':
      return `${sign}${filter.attribute}:${filter.from}..${filter.to}`;
  }
}

test.each([
  ['', ''],
  ['  ', ''],
  ['action:update', 'action:update'],
  ['a:x AND b:y OR b:z', 'a:x & b:y|b:z'],
  ['(a:x OR b:y) AND c:z', 'a:x|b:y & c:z'],
  ['a:x OR (b:y OR c:z)', 'a:x|b:y|c:z'],
  ['((a:x))', 'a:x'],
  ['(a:x AND b:y)', 'a:x & b:y'],
  ['a:x OR b:y AND (c:z AND n:1 TO 2)', 'a:x|b:y & c:z & n:1..2'],
  ['NOT a:x AND NOT n < 3', '!a:x & !n<3'],
  ['NOT n:1 TO 2', '!n:1..2'],
  [' a : x AND n = 1 ', 'a:x & n=1'],
  ['a:x\nAND\tb:y', 'a:x & b:y'],
  ['n:123TO456', 'n:123..456'],
  ['n: -1.5 TO 2e3', 'n:-1.5..2000'],
  ['n>=1 AND n<=2 AND n!=3 AND n>0 AND n<9', 'n>=1 & n<=2 & n!=3 & n>0 & n<9'],
  ['a:-12', 'a:-12'],
  ['a:-x', 'a:-x'],
  ['public', '#public'],
  ['_tags:a OR b', '#a|#b'],
  ['a:"x AND (y)"', 'a:x AND (y)'],
  ["'b c':'it\\'s'", "b c:it's"],
  ['a:"say \\"hi\\""', 'a:say "hi"'],
  ['a:"\\\\"', 'a:\\'],
  ['a:x<score=3> OR b:y< score = 1 >', 'a:x|b:y'],
  ['objectID:"audit_log:7"', 'objectID:audit_log:7'],
])('%s', (filters, expected) => {
  expect(shown(parseFilters(filters))).toBe(expected);
});

const ORS_OF_ANDS = 'filter (X AND Y) OR Z is not allowed, only (X OR Y) AND Z is allowed';
const MIXED = 'Different types are not allowed in the same OR';

test.each([
  ['a:x OR (b:y AND c:z)', ORS_OF_ANDS],
  ['(a:x AND b:y) OR c:z', ORS_OF_ANDS],
  ['((a:x AND b:y)) OR c:z', ORS_OF_ANDS],
  ['(a:x AND b:y OR c:z) OR d:w', ORS_OF_ANDS],
  ['((a:x AND b:y) AND (n:0 TO 9 OR n = 10))', ORS_OF_ANDS],
  ['n=3 OR tag1', MIXED],
  ['a:x OR n > 1', MIXED],
  ['a:x OR _tags:y', MIXED],
  ['(tag1 OR (tag2 OR (a:x)))', MIXED],
  ['NOT (a:x OR b:y)', "Unexpected token '(' expected filter at col 4"],
  ['a:x and b:y', 'Unexpected token string(and) expected end of filter at col 4'],
  ['a:x or b:y', 'Unexpected token string(or) expected end of filter at col 4'],
  ['not a:x', 'Unexpected token string(a) expected end of filter at col 4'],
  ['n:1 to 2', 'Unexpected token string(to) expected end of filter at col 4'],
  ['a:', 'Unexpected token end of filter expected string at col 2'],
  ['a: AND b:y', "Unexpected token 'AND' expected string at col 3"],
  [':x', "Unexpected token ':' expected filter at col 0"],
  ['a:x:y', "Unexpected token ':' expected end of filter at col 3"],
  ['a:Books(Kids)', "Unexpected token '(' expected end of filter at col 7"],
  ['a:x>y', 'Unexpected token > expected end of filter at col 3'],
  ['a:x=y', 'Unexpected token numeric operator expected end of filter at col 3'],
  ['a:x!y', 'Not allowed ! at col 3'],
  ['n > x', 'Unexpected token string(x) expected numeric at col 4'],
  ['(a:x', "Unexpected token end of filter expected ')' at col 4"],
  ['a:x AND', 'Unexpected token end of filter expected filter at col 7'],
  ['a:"x', 'Unexpected token incomplete string'],
  ['a:""', 'Unexpected token empty string'],
  ['n > 1 <score=2>', 'Unexpected token < expected end of filter at col 6'],
])('refuses %s', (filters, message) => {
  const refused = (): unknown => {
    try {
      return parseFilters(filters);
    } catch (error) {
      return error;
    }
  };
  expect(refused()).toBeInstanceOf(Refusal);
  expect(refused()).toMatchObject({ status: 400, message: expect.stringContaining(message) });
});
