import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePathPattern } from '../../../src/config/path-pattern.ts';
import { changesOf, key } from './changes-case.ts';

const hidden = (hide: readonly string[], before: object | null, after: object | null) =>
  changesOf(before && JSON.stringify(before), after && JSON.stringify(after), { hide }).changes;

describe('a hidden path', () => {
  test('tells that something has changed, and nothing of what', () => {
    expect(
      hidden(
        ['password', '*.token'],
        { password: 'x', a: { token: 1, b: 1 } },
        { password: 'y', a: { token: 2, b: 2 } },
      ),
    ).toEqual([
      { path: 'password', op: 'changed', hidden: true },
      { path: 'a.token', op: 'changed', hidden: true },
      { path: 'a.b', op: 'changed', before: 1, after: 2 },
    ]);
    expect(hidden(['password'], { password: 1, x: 1 }, { password: 1.0, x: 2 })).toHaveLength(1);
  });

  test('hides all that is beneath it, names too, and what came or went as a whole', () => {
    const secret = { secrets: { mail: { deep: ['s'] } }, open: { token: 's', more: [{ token: 's', n: 1 }] } };
    expect(hidden(['secrets', '**.token'], null, secret)).toEqual([
      { path: 'secrets', op: 'added', hidden: true },
      { path: 'open.token', op: 'added', hidden: true },
      { path: 'open.more', op: 'added', after: [{ token: '(hidden)', n: 1 }] },
    ]);
    expect(hidden(['**.token'], { open: 1 }, secret)).toContainEqual({
      path: 'open',
      op: 'changed',
      before: 1,
      after: { token: '(hidden)', more: [{ token: '(hidden)', n: 1 }] },
    });
  });

  test.each([
    'items.token',
    'items.*.token',
    'items[].token',
    'items.0.token',
    '*.token',
    '**.token',
    '"items"."token"',
  ])('%s goes through a list', (pattern) => {
    const items = (token: string) => ({ items: [{ token, n: 1 }] });
    expect(hidden([pattern], items('s'), items('t'))).toEqual([
      { path: 'items[]', op: 'removed', before: { token: '(hidden)', n: 1 } },
      { path: 'items[]', op: 'added', after: { token: '(hidden)', n: 1 } },
    ]);
  });

  test.each([
    ['items', [{ path: 'items', op: 'changed', hidden: true }]],
    ['items.*', [{ path: 'items[]', op: 'added', hidden: true }]],
    ['**', [{ path: '$', op: 'changed', hidden: true }]],
    ['items.token', [{ path: 'items[]', op: 'added', after: 's' }]],
  ])('%s', (pattern, expected) => {
    expect(hidden([pattern], { items: [1] }, { items: [1, 's'] })).toEqual(expected);
  });

  test('hides what is nested so deeply that nobody looks into it', () => {
    const nested = (value: string) =>
      JSON.parse(`${'{"a":'.repeat(500)}{"password":"${value}"}${'}'.repeat(500)}`);
    for (const hide of [['**.password'], ['x', '**.password']]) {
      const { text, changes } = changesOf(
        JSON.stringify(nested('s3cr3t1')),
        JSON.stringify(nested('s3cr3t2')),
        { hide },
      );
      expect(text).not.toContain('s3cr3t');
      expect(changes).toMatchObject([{ op: 'changed', before: '(hidden)', after: '(hidden)' }]);
    }
  });
});

const MARK = 's3cr3t';

/** Documents in which the values beneath some keys, and these alone, hold the mark. */
const secretive = (() => {
  const names = fc.oneof(key, fc.constantFrom('password', 'token'));
  const plain = fc.oneof(fc.integer(), fc.string({ maxLength: 3 }), fc.constant(null), fc.boolean());
  return fc.letrec((tie) => ({
    node: fc.oneof({ maxDepth: 5 }, plain, fc.array(tie('node'), { maxLength: 3 }), tie('document')),
    document: fc
      .dictionary(names, tie('node'), { maxKeys: 4, noNullPrototype: true })
      .map((members) =>
        Object.fromEntries(
          Object.entries(members).map(([name, member]) => [
            name,
            name === 'password' || name === 'token' ? marked(member) : member,
          ]),
        ),
      ),
  })).document;
})();

let count = 0;
/** Another text for every scalar in it, keys as well. */
function marked(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(marked);
  if (typeof node !== 'object' || node === null) return `${MARK}${count++}`;
  return Object.fromEntries(Object.entries(node).map(([name, member]) => [`${MARK}${name}`, marked(member)]));
}

test('no hidden value stands anywhere in a record', () => {
  const patterns = fc.constantFrom(
    ['**.password', '**.token'],
    ['**.token', '**.**.password', 'a.b'],
    ['"password"', '*.**.password', 'token', '*.**.token'],
  );
  const limits = fc.record({
    changesMax: fc.integer({ min: 1, max: 60 }),
    valueBytesMax: fc.integer({ min: 10, max: 300 }),
  });
  fc.assert(
    fc.property(
      fc.option(secretive),
      fc.option(secretive),
      patterns,
      limits,
      (before, after, hide, settings) => {
        const text = (each: unknown) => (each === null ? null : JSON.stringify(each));
        expect(changesOf(text(before), text(after), { ...settings, hide }).text).not.toContain(MARK);
      },
    ),
    { numRuns: 3_000 },
  );
});

test.each([
  ['a.*.**', [{ key: 'a' }, '*', '**']],
  ['"a.b"."*"', [{ key: 'a.b' }, { key: '*' }]],
  ['tags[].name', [{ key: 'tags' }, { key: 'name' }]],
  ['größe x', [{ key: 'größe x' }]],
])('the pattern %s', (pattern, steps) => {
  expect(parsePathPattern(pattern)).toEqual(steps);
});

test.each(['', '.', 'a.', '.a', 'a..b', 'a*', '***', '"a', '"\\x"', 'a[0]', Array(33).fill('a').join('.')])(
  'the pattern %j is refused',
  (pattern) => {
    expect(() => parsePathPattern(pattern)).toThrow(SyntaxError);
  },
);
