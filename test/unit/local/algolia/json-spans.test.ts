import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elementsOf, endOfValue, membersOf } from '../../../../src/local/algolia/json-spans.ts';
import {
  mergedRecord,
  narrowedRecord,
  recordWithObjectID,
} from '../../../../src/local/algolia/record-text.ts';

/** JSON text of a value with white space and escapes that JSON.stringify would not write. */
const jsonText = fc
  .record({ value: fc.jsonValue({ maxDepth: 4 }), indent: fc.nat(3), escapes: fc.boolean() })
  .map(({ value, indent, escapes }) => {
    const text = JSON.stringify(value, null, indent === 0 ? undefined : '\t'.repeat(indent));
    return escapes ? text.replace(/[^\x20-\x7e\s]/g, escaped) : text;
  });

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

const valueAt = (json: Buffer, { start, end }: { start: number; end: number }) =>
  JSON.parse(json.toString('utf8', start, end));

test('a value ends where JSON.parse says', () => {
  fc.assert(
    fc.property(jsonText, (text) => {
      const json = Buffer.from(`${text} ,`);
      expect(endOfValue(json, 0)).toBe(Buffer.byteLength(text));
    }),
  );
});

test('members and elements are those of JSON.parse', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'binary' }), jsonText),
      fc.array(jsonText),
      (entries, list) => {
        const object = Buffer.from(
          `\n{ ${Object.entries(entries)
            .map(([key, text]) => `${JSON.stringify(key)} :\t${text}`)
            .join(' , ')} }`,
        );
        const members = membersOf(object);
        expect(Object.fromEntries(members.map((member) => [member.key, valueAt(object, member)]))).toEqual(
          JSON.parse(object.toString()),
        );
        const array = Buffer.from(` [ ${list.join(' ,')} ]`);
        expect(elementsOf(array).map((span) => valueAt(array, span))).toEqual(JSON.parse(array.toString()));
      },
    ),
  );
});

test('text without an end is an error, not an endless loop', () => {
  expect(() => endOfValue(Buffer.from('"abc'), 0)).toThrow(RangeError);
  expect(endOfValue(Buffer.from('{"a":[1'), 0)).toBe(7);
});

const BIG =
  '{"objectID":"1","n":123456789012345678901234567890,"x":1.10,"t":"\\u00e9","o":{"a":9007199254740993,"b":[{"c":1.0,"d":2}]}}';

test('what is left in a record keeps its bytes', () => {
  const narrowed = (selection: { all?: boolean; names?: string[]; except?: string[] }) =>
    narrowedRecord(Buffer.from(BIG), { all: false, names: [], except: [], ...selection }).toString();
  expect(narrowed({ all: true })).toBe(BIG);
  expect(narrowed({ names: ['n', 'x'] })).toBe(
    '{"objectID":"1","n":123456789012345678901234567890,"x":1.10}',
  );
  expect(narrowed({ names: ['o.a'] })).toBe('{"objectID":"1","o":{"a":9007199254740993}}');
  expect(narrowed({ names: ['o.b.c'] })).toBe('{"objectID":"1","o":{"b":[{"c":1.0}]}}');
  expect(narrowed({ names: ['missing', 't.deeper'] })).toBe('{"objectID":"1"}');
  expect(narrowed({ all: true, except: ['n', 'o.b', 'objectID'] })).toBe(
    '{"objectID":"1","x":1.10,"t":"\\u00e9","o":{"a":9007199254740993}}',
  );
});

test('a partial update takes the place of first-level attributes only', () => {
  const merged = mergedRecord(
    Buffer.from(BIG),
    Buffer.from('{"objectID":"1","x":2.00,"o":{"z":1e400},"new":null}'),
  );
  expect(merged?.toString()).toBe(
    '{"objectID":"1","n":123456789012345678901234567890,"x":2.00,"t":"\\u00e9","o":{"z":1e400},"new":null}',
  );
});

test('an objectID becomes a string in front', () => {
  expect(recordWithObjectID(Buffer.from('{"a":1.0, "objectID":7}'), '7').toString()).toBe(
    '{"objectID":"7","a":1.0}',
  );
  expect(recordWithObjectID(Buffer.from('{ }'), 'a"b').toString()).toBe('{"objectID":"a\\"b"}');
});
