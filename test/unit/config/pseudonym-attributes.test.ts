import { describe, expect, test } from 'vitest';
import { loaded, problem, VARIABLE, who } from './pseudonyms-case.ts';

const between = (more: object) => ({ changes: { before: 'data', after: 'other', ...more } });

describe('an attribute is refused', () => {
  const data = (path?: string) => ({ column: 'data', ...(path && { path }), pseudonym: 'user' });
  const named = (path: string) => between({ pseudonyms: { [path]: 'user' } });
  const refused: [string, Record<string, unknown>, object?][] = [
    ['attributes.n.pseudonym: expected a kind', { n: { column: 'c', pseudonym: 'User' } }],
    ['attributes.n.pseudonym: expected a kind', { n: { column: 'c', pseudonym: 'a__b' } }],
    ['attributes.n.pseudonym: expected a kind', { n: { column: 'c', pseudonym: 'a'.repeat(41) } }],
    ['attributes.n.pseudonym: expected a kind', { n: { column: 'c', pseudonym: true } }],
    ['attributes.n.column: missing', { n: { pseudonym: 'user' } }],
    ['attributes.n.as: expected no `as` beside `pseudonym`', { n: { ...who, as: 'number' } }],
    ['attributes.n.timeZone: expected no `timeZone` beside', { n: { ...who, timeZone: 'UTC' } }],
    ['attributes.n.label: expected no `label` without `pseudonym`', { n: { column: 'c', label: 'l' } }],
    ['attributes.n.label: expected another name', { n: { ...who, label: 'wal' } }],
    ['attributes.n.label: expected a name that no other', { n: { ...who, label: 'm' }, m: 'c' }],
    ['attributes.m.label: expected a name that no', { n: { ...who, label: 'l' }, m: { ...who, label: 'l' } }],
    [
      'attributes.n.pseudonym: expected no `pseudonym` beside `constant`',
      { n: { constant: 1, pseudonym: 'a' } },
    ],
    ['expected a column that is not part of objectID: "id"', { n: { column: 'id', pseudonym: 'user' } }],
    ['expected no other attribute with the same as it is, which "m" has', { n: who, m: 'actor_id' }],
    ['as it is, which "m" has', { n: who, m: { column: 'actor_id', as: 'string' } }],
    ['as it is, which "m" has', { n: who, m: { column: 'c', pseudonym: { column: 'actor_id' } } }],
    ['as it is, which "m" has', { n: data('a.b'), m: 'data' }],
    ['as it is, which "m" has', { n: data('a.b'), m: { column: 'data', path: 'a' } }],
    ['as it is, which "m" has', { n: data('a.b'), m: { column: 'data', path: 'a.b' } }],
    ['as it is, which "m" has', { n: data('a'), m: { column: 'data', path: 'a.0' } }],
    ['as it is, which "m" has', { n: data('a.b'), m: between({ pseudonyms: { 'a.c': 'user' } }) }],
    ['as it is, which "m" has', { n: data('a.b'), m: between({ hide: ['*.c', 'a.b.c'] }) }],
    ['n.changes.pseudonyms: expected no other', { n: named('a.b'), m: 'other' }],
    ['as it is, which "m" has', { n: named('a.b'), m: { column: 'data', path: 'a' } }],
    ['as it is, which "m" has', { n: named('a.b'), m: { column: 'other', path: 'a.3.b.c' } }],
    ['as it is, which "m" has', { n: named('*.b'), m: { column: 'data', path: 'x.b' } }],
    ['as it is, which "m" has', { n: named('**.b'), m: { column: 'data', path: 'x' } }],
    ['as it is, which "m" has', { n: named('**.b'), m: between({}) }],
    ['as it is, which "m" has', { n: named('a'), m: { column: 'c', pseudonym: { column: 'other' } } }],
    ['n.changes.pseudonyms["a..b"]: expected as a path: keys, *', { n: named('a..b') }],
    ['n.changes.pseudonyms.a: expected a kind', { n: between({ pseudonyms: { a: 'User' } }) }],
    ['n.changes.pseudonyms: expected an object of paths', { n: between({ pseudonyms: ['a'] }) }],
  ];
  test.each(refused)('where %s', async (expected, attributes, table) => {
    expect(await problem({ table: { attributes, ...table } }, VARIABLE)).toContain(expected);
  });

  test('and not where it shows nothing', async () => {
    const attributes = {
      n: who,
      m: { ...who, pseudonym: 'item' },
      part: data('a.b'),
      beside: { column: 'data', path: 'a.bc' },
      other: { column: 'data', path: 'b' },
      kind: { column: 'c', pseudonym: { column: 'd' } },
      shown: 'd',
      text: { template: '{n} and {part}' },
      hidden: between({ hide: ['a'], pseudonyms: { 'c.d': 'user' } }),
      changes: between({ pseudonyms: { 'a.b': 'user', 'c.d': 'user' } }),
    };
    await expect(loaded({ table: { attributes } }, VARIABLE)).resolves.toBeDefined();
    expect(
      await problem(
        { table: { attributes: { n: { ...who, label: 'l' }, m: { template: '{l}' } } } },
        VARIABLE,
      ),
    ).toContain('not "l", which is not there');
  });
});
