import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/errors.ts';
import { changesAttributes, changesOf, documents } from './changes-case.ts';
import { encoderOf, INT8, inserted, insertedSteps, JSONB, thrown, unfit } from './record-encoder-case.ts';
import { relationOf, UNCHANGED } from './tuples.ts';

const changes = (before: string | null, after: string | null) => changesOf(before, after).changes;

describe('what differs', () => {
  test('is what is named, by its path', () => {
    const before = '{"status": "draft", "owner": {"id": 1, "name": "x"}, "old": true, "same": [1]}';
    const after = '{"owner": {"name": "y", "id": 1}, "same": [1], "status": "published", "new": null}';
    expect(changesOf(before, after)).toMatchObject({
      changes: [
        { path: 'status', op: 'changed', before: 'draft', after: 'published' },
        { path: 'owner.name', op: 'changed', before: 'x', after: 'y' },
        { path: 'old', op: 'removed', before: true },
        { path: 'new', op: 'added', after: null },
      ],
      truncated: 0,
      fields: ['new', 'old', 'owner.name', 'status'],
    });
  });

  test('is everything of a document that came or went, and nothing between two NULLs', () => {
    const document = '{"a": {"b": 1, "c": {}}, "d": ["x"]}';
    expect(changes(null, document)).toEqual([
      { path: 'a.b', op: 'added', after: 1 },
      { path: 'a.c', op: 'added', after: {} },
      { path: 'd', op: 'added', after: ['x'] },
    ]);
    expect(changes(document, null).map(({ op, path }) => `${op} ${path}`)).toEqual([
      'removed a.b',
      'removed a.c',
      'removed d',
    ]);
    expect(changesOf(null, null)).toMatchObject({ changes: [], truncated: 0, fields: [] });
    // What an application writes for "none" is none.
    expect(changes(null, ' null ')).toEqual([]);
    expect(changes('null', '{"a": 1}')).toEqual([{ path: 'a', op: 'added', after: 1 }]);
  });

  test('may be of another kind than before, or no object at all', () => {
    expect(changes('{"a": 1}', '{"a": {"b": 2}}')).toEqual([
      { path: 'a', op: 'changed', before: 1, after: { b: 2 } },
    ]);
    expect(changes('7', '"x"')).toEqual([{ path: '$', op: 'changed', before: 7, after: 'x' }]);
    expect(changesOf('[1]', '[1, 2]')).toMatchObject({
      changes: [{ path: '[]', op: 'added', after: 2 }],
      fields: ['$'],
    });
  });

  test('is no matter of the order of keys, of escapes, of blanks or of zeros', () => {
    const before = '{"a":1.0,"b":"\\u00fc","c":[1e2,{"x":1,"y":-0}]}';
    const after = '{"c": [100, {"y": 0.00, "x": 1.000}], "b": "ü", "\\u0061": 1.00}';
    expect(changes(before, after)).toEqual([]);
  });

  test('is a matter of the last digit of a number, which stands as it is written', () => {
    const { text } = changesOf('{"n": 12345678901234567890.10}', '{"n": 12345678901234567890.11}');
    expect(text).toContain('"before":12345678901234567890.10,"after":12345678901234567890.11');
    expect(changes('[9007199254740993]', '[9007199254740992]')).toHaveLength(2);
    expect(changes('{"n": 1e999999999999999999}', '{"n": 1e999999999999999998}')).toHaveLength(1);
    expect(changes('{"n": 1e-400}', '{"n": 0}')).toHaveLength(1);
  });

  test.each([
    ['a.b', '"a.b"'],
    ['', '""'],
    ['*', '"*"'],
    ['x[]', '"x[]"'],
    ['$', '"$"'],
    ['say "x"', '"say \\"x\\""'],
    ['line\nbreak', '"line\\nbreak"'],
    ['__proto__', '__proto__'],
    ['größe \u{1F600}', 'größe \u{1F600}'],
  ])('the key %j is %s in a path', (key, step) => {
    const document = JSON.stringify(
      Object.fromEntries([
        ['k', 1],
        [key, 1],
      ]),
    );
    const inner = `{"o": {${JSON.stringify(key)}: 2}}`;
    expect(changesOf('{"k": 1}', document).fields).toEqual([step]);
    expect(changesOf('{"o": {}}', inner).fields).toEqual([`o.${step}`]);
  });

  test('of a key that stands there twice is that of the last one', () => {
    expect(changes('{"a": 1, "a": 2}', '{"a": 2}')).toEqual([]);
  });
});

describe('lists', () => {
  test('lose and get elements, in any number', () => {
    expect(changes('{"t": ["a", "b", "b", "c"]}', '{"t": ["a", "b", "d", "c"]}')).toEqual([
      { path: 't[]', op: 'removed', before: 'b' },
      { path: 't[]', op: 'added', after: 'd' },
    ]);
    expect(changes('[[1, 2], {"x": 1}]', '[{"x": 2}, [1, 2]]')).toEqual([
      { path: '[]', op: 'removed', before: { x: 1 } },
      { path: '[]', op: 'added', after: { x: 2 } },
    ]);
  });

  test('with the same elements in another order have changed as a whole', () => {
    expect(changes('{"t": [1, 2.0, 3]}', '{"t": [1, 3, 2]}')).toEqual([
      { path: 't', op: 'changed', before: [1, 2, 3], after: [1, 3, 2] },
    ]);
  });

  test('of a hundred thousand elements are compared at once', () => {
    const list = (shift: number) =>
      JSON.stringify({ list: Array.from({ length: 100_000 }, (_, n) => (n * 7_919 + shift) % 200_000) });
    const { changes: shown, truncated, fields } = changesOf(list(0), list(1));
    expect(shown).toHaveLength(50);
    expect(truncated).toBeGreaterThan(10_000);
    expect(fields).toEqual(['list']);
  });
});

describe('limits', () => {
  test('more changes than are wanted are counted', () => {
    const row = (n: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: 60 }, (_, k) => [`k${k}`, n])));
    const found = changesOf(row(1), row(2), { changesMax: 10 });
    expect(found.changes).toHaveLength(10);
    expect(found.truncated).toBe(50);
    expect(found.fields).toHaveLength(10);
  });

  test('values are cut between characters, and say so', () => {
    const settings = { valueBytesMax: 12 };
    const cut = (value: string) => changesOf('{"v": 1}', `{"v": ${value}}`, settings).changes[0];
    expect(cut('"0123456789"')).toEqual({ path: 'v', op: 'changed', before: 1, after: '0123456789' });
    expect(cut('"0123456789x"')).toMatchObject({ after: '0123456789', cut: true });
    expect(cut(`"${'\u{1F600}'.repeat(9)}"`)).toMatchObject({ after: '\u{1F600}'.repeat(2), cut: true });
    expect(cut(`"${'\\n'.repeat(9)}"`)).toMatchObject({ after: '\n'.repeat(5), cut: true });
    expect(cut('[1,2,3,4,5,6,7,8]')).toMatchObject({ after: '[1,2,3,4,5', cut: true });
    expect(cut('1234567890123')).toMatchObject({ after: '1234567890', cut: true });
  });

  test('all of them take half of a record', () => {
    const document = JSON.stringify(
      Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`key ${n}`, 'v'.repeat(250)])),
    );
    const {
      text,
      changes: shown,
      truncated,
      fields,
    } = changesOf(null, document, {}, { recordBytesMax: 4_000 });
    expect(Buffer.byteLength(text)).toBeLessThan(4_000);
    expect(shown.length).toBeGreaterThan(4);
    expect(Buffer.byteLength(JSON.stringify(shown))).toBeLessThanOrEqual(2_001);
    expect(shown.length + truncated).toBe(40);
    expect(fields).toHaveLength(40);
    // Also where a function may make a small record of a large one: else the same row would be a record without it, and too large with it.
    const transform = { apply: (record: object) => record, isPure: true } as never;
    const drafted = changesOf(null, document, {}, { recordBytesMax: 4_000, table: { transform } });
    expect(drafted.changes).toEqual(shown);
    const long = changesOf(null, `{"${'k'.repeat(5_000)}": 1, "a": 1}`, {}, { recordBytesMax: 4_000 });
    expect(long).toMatchObject({ changes: [{ path: 'a' }], truncated: 1, fields: ['a'] });
  });

  test('a document may be larger than a record, up to a limit', () => {
    const large = (bytes: number, v: number) => `{"x": "${'x'.repeat(bytes)}", "v": ${v}}`;
    const options = { recordBytesMax: 1_000 };
    expect(changesOf(large(900_000, 1), large(900_000, 2), {}, options).changes).toEqual([
      { path: 'v', op: 'changed', before: 1, after: 2 },
    ]);
    const table = { attributes: changesAttributes() };
    const letter = unfit(documents, ['1', large(1_000_000, 1), null], { ...options, table });
    expect(letter.problem).toBe('too-large');
    expect(letter.message).toMatch(/"changes" in a document of 1000\d{3}/);
  });

  test('what is nested deeply is one value', () => {
    const nested = (depth: number, value: number) => `${'{"a":['.repeat(depth)}${value}${']}'.repeat(depth)}`;
    const found = changesOf(nested(10_000, 1), nested(10_000, 2));
    expect(found.changes).toHaveLength(2);
    expect(found.changes[0]).toMatchObject({ op: 'removed', cut: true });
    expect(changes(nested(10_000, 1), nested(10_000, 1))).toEqual([]);
    expect(changes(null, nested(10_000, 1))).toHaveLength(1);
    expect(changes(nested(20, 1), nested(20, 2))).toHaveLength(2);
  });
});

describe('a mapping', () => {
  test('has the changes of a record that is cut whole, and of a row that is read again', () => {
    const relation = relationOf({ id: INT8, note: 25, before: JSONB, after: JSONB });
    const attributes = { ...changesAttributes(), note: 'note' };
    const row = ['1', 'n'.repeat(2_000), '{"a": 1}', '{"a": 2}'];
    const table = { attributes, oversize: 'cut' as const };
    const [operation] = inserted(relation, row, { recordBytesMax: 1_000, table });
    expect(operation?.body).toMatchObject({
      changes: [{ path: 'a', op: 'changed', before: 1, after: 2 }],
      changes_truncated: 0,
      fields: ['a'],
      _cut: ['note'],
    });
    const steps = insertedSteps(relation, ['1', 'n', UNCHANGED, null], { table });
    expect(steps).toMatchObject([{ kind: 'refresh', bytesMax: 10_000 + 2_000_000 }]);
  });

  test('compares json alone', () => {
    const relation = relationOf({ id: INT8, before: JSONB, after: 25 });
    const error = thrown(() => encoderOf(relation, { table: { attributes: changesAttributes() } }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain('the column "after", which is neither json nor jsonb');
  });

  test('has no other attribute of the names that come along', () => {
    for (const [name, what] of [
      ['fields', 'fields'],
      ['changes_truncated', 'number of changes left out'],
    ] as const) {
      const attributes = { ...changesAttributes(), [name]: { constant: 1 } };
      const error = thrown(() => encoderOf(documents, { table: { attributes } }));
      expect(error.message).toContain(`"${name}" is both an attribute and the ${what} of "changes"`);
    }
    const missing = thrown(() =>
      encoderOf(relationOf({ id: INT8, after: JSONB }), { table: { attributes: changesAttributes() } }),
    );
    expect(missing.message).toContain('attributes.changes names the column "before", which is not published');
  });

  test('a text that is no JSON is a dead letter that does not repeat it', () => {
    for (const text of ['{"secret"', '{secret: 1}', '[1 2]', '{"a": 1} x', '"secret']) {
      const letter = unfit(documents, ['1', text, null], { table: { attributes: changesAttributes() } });
      expect(letter.problem).toBe('unreadable-value');
      expect(letter.message).not.toContain('secret');
    }
  });
});
