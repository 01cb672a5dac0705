import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePathPattern } from '../../../src/config/path-pattern.ts';
import { changesOf, key } from './changes-case.ts';
import { body, of, one, source, two } from './record-encoder-pseudonyms-case.ts';

type Settings = NonNullable<Parameters<typeof changesOf>[2]>;
const json = (document: unknown): string | null => (document === null ? null : JSON.stringify(document));

function found(
  pseudonyms: Readonly<Record<string, string>>,
  before: unknown,
  after: unknown,
  hide: string[] = [],
) {
  const options = { recordBytesMax: 1_000_000, table: { pseudonyms: one } };
  return changesOf(json(before), json(after), { pseudonyms, hide }, options).changes;
}

describe('a path with a pseudonym', () => {
  test('shows who, and nobody learns it', () => {
    const pseudonyms = { assignee_id: 'user', '**.owner_id': 'user', ip: 'address' };
    const before = { assignee_id: 42, a: { owner_id: 'é"\n', n: 1 }, ip: '::1', gone: { owner_id: true } };
    const after = { assignee_id: '42', a: { owner_id: null, n: 2 }, ip: '::2', new: { owner_id: 7, n: 1 } };
    expect(found(pseudonyms, before, after)).toEqual([
      { path: 'assignee_id', op: 'changed', before: of('42'), after: of('42') },
      { path: 'a.owner_id', op: 'changed', before: of('é"\n'), after: null },
      { path: 'a.n', op: 'changed', before: 1, after: 2 },
      { path: 'ip', op: 'changed', before: of('::1', 'address'), after: of('::2', 'address') },
      { path: 'gone.owner_id', op: 'removed', before: of('true') },
      { path: 'new.owner_id', op: 'added', after: of('7') },
      { path: 'new.n', op: 'added', after: 1 },
    ]);
  });

  test('is the same one as that of an attribute, under the key of the time of the row', () => {
    const changes = {
      before: 'before',
      after: 'data',
      hide: [],
      pseudonyms: [{ steps: parsePathPattern('by'), kind: 'user' }],
      changesMax: 50,
      valueBytesMax: 300,
    };
    const attributes = { by: source('data', { path: 'by' }), changes: { changes } };
    const at = (time: string | null) => body(attributes, { data: '{"by": 1}', at: time }, two('at'));
    const change = (id: string) => ({ by: id, changes: [{ path: 'by', op: 'added', after: id }] });
    expect(at('2025-12-31 23:59:59.999999+00')).toMatchObject(change(of('1')));
    expect(at('2026-01-01 00:00:00+00')).toMatchObject(change(of('1', 'user', true)));
    expect(at(null)).toMatchObject(change(of('1')));
  });

  test('tells lists by their elements, and hides what is neither a value nor a flat list', () => {
    const pseudonyms = { ids: 'user' };
    expect(found(pseudonyms, { ids: [1, 2, null] }, { ids: [1, 'x', null] })).toEqual([
      { path: 'ids[]', op: 'removed', before: of('2') },
      { path: 'ids[]', op: 'added', after: of('x') },
    ]);
    expect(found(pseudonyms, { ids: [1, 2] }, { ids: [2, 1] })).toEqual([
      { path: 'ids', op: 'changed', before: [of('1'), of('2')], after: [of('2'), of('1')] },
    ]);
    expect(found(pseudonyms, null, { ids: [1, null] })).toEqual([
      { path: 'ids', op: 'added', after: [of('1'), null] },
    ]);
    for (const other of [{ id: 1 }, {}, [[1]], [1, { id: 1 }]]) {
      const hidden = { path: 'ids', hidden: true };
      expect(found(pseudonyms, { ids: [1] }, { ids: other })).toEqual([{ ...hidden, op: 'changed' }]);
      expect(found(pseudonyms, { ids: other }, { ids: 1 })).toEqual([{ ...hidden, op: 'changed' }]);
      expect(found(pseudonyms, null, { ids: other })).toEqual([{ ...hidden, op: 'added' }]);
      expect(found(pseudonyms, { ids: other }, {})).toEqual([{ ...hidden, op: 'removed' }]);
    }
  });

  test('is compared by what stands there', () => {
    expect(found({ by: 'user' }, { by: 1, x: 1 }, { x: 1, by: 1 })).toEqual([]);
    const options = { recordBytesMax: 1_000_000, table: { pseudonyms: one } };
    const same = changesOf('{"by": 1.0}', '{"by": 1.00}', { pseudonyms: { by: 'user' } }, options);
    expect(same.changes).toEqual([]);
  });

  test('inside of a value that came as a whole', () => {
    expect(found({ '**.by': 'user' }, { x: [] }, { x: [{ by: 7, n: [{ by: { no: 1 } }] }] })).toEqual([
      { path: 'x[]', op: 'added', after: { by: of('7'), n: [{ by: '(hidden)' }] } },
    ]);
  });

  test('that is hidden as well is hidden', () => {
    const hidden = [{ path: 'by', op: 'added', hidden: true }];
    expect(found({ '**.by': 'user' }, null, { by: 7 }, ['by'])).toEqual(hidden);
    expect(found({ by: 'user' }, { by: [1] }, { by: [1, 2] }, ['by.*'])).toEqual([
      { path: 'by[]', op: 'added', hidden: true },
    ]);
    expect(found({ by: 'user' }, null, { by: [1] }, ['by.*'])).toEqual([
      { path: 'by', op: 'added', after: ['(hidden)'] },
    ]);
  });

  test('needs a key', () => {
    const options = { recordBytesMax: 1_000_000 };
    expect(() => changesOf(null, '{}', { pseudonyms: { by: 'user' } }, options)).toThrow(/there is no key/);
  });
});

const MARK = 's3cr3t';
let count = 0;

/** Another text for every value in it, and names that hold the mark as well. */
function marked(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(marked);
  if (typeof node !== 'object' || node === null) return `${MARK}${count++}`;
  return Object.fromEntries(Object.entries(node).map(([name, member]) => [`${MARK}${name}`, marked(member)]));
}

/** Documents in which the values beneath three keys, and these alone, hold the mark. */
const secretive = (() => {
  const secret = new Set(['owner', 'member', 'password']);
  const names = fc.oneof(key, fc.constantFrom(...secret));
  const plain = fc.oneof(fc.integer(), fc.string({ maxLength: 3 }), fc.constant(null), fc.boolean());
  return fc.letrec((tie) => ({
    node: fc.oneof({ maxDepth: 5 }, plain, fc.array(tie('node'), { maxLength: 3 }), tie('document')),
    document: fc
      .dictionary(names, tie('node'), { maxKeys: 4, noNullPrototype: true })
      .map((members) =>
        Object.fromEntries(
          Object.entries(members).map(([name, member]) => [name, secret.has(name) ? marked(member) : member]),
        ),
      ),
  })).document;
})();

test('no text that has a pseudonym, or is hidden, stands anywhere in a record', () => {
  const rules = fc.constantFrom<Settings>(
    { pseudonyms: { '**.owner': 'user', '**.member': 'user' }, hide: ['**.password'] },
    {
      pseudonyms: { '**.owner': 'user', '**.password': 'p', '**.**.member': 'm' },
      hide: ['**.password', 'a'],
    },
    {
      pseudonyms: {
        '*.**.owner': 'user',
        owner: 'x',
        '**.password': 'p',
        '**.member.*': 'm',
        '**.member': 'm',
      },
    },
  );
  const limits = fc.record({
    changesMax: fc.integer({ min: 1, max: 60 }),
    valueBytesMax: fc.integer({ min: 10, max: 300 }),
  });
  let pseudonyms = 0;
  fc.assert(
    fc.property(fc.option(secretive), fc.option(secretive), rules, limits, (before, after, rule, limit) => {
      const options = { recordBytesMax: 1_000_000, table: { pseudonyms: one } };
      const { text } = changesOf(json(before), json(after), { ...rule, ...limit }, options);
      expect(text).not.toContain(MARK);
      pseudonyms += text?.includes('"user_') ? 1 : 0;
    }),
    { numRuns: 3_000 },
  );
  expect(pseudonyms).toBeGreaterThan(100);
});

test('every pseudonym is that of the text which stands there', () => {
  const ids = fc.oneof(fc.integer().map(String), fc.string({ unit: 'grapheme', maxLength: 8 }));
  fc.assert(
    fc.property(ids, ids, (was, is) => {
      const expected = was === is ? [] : [{ path: 'by', op: 'changed', before: of(was), after: of(is) }];
      expect(found({ by: 'user' }, { by: was }, { by: is })).toEqual(expected);
    }),
  );
});
