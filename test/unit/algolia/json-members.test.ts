import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonElements, jsonMembers } from '../../../src/algolia/json-members.ts';

const SPACES = fc.constantFrom(undefined, 1, '\t', '\n');

describe('jsonMembers', () => {
  it('finds what the parser finds, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), SPACES, (object, space) => {
        const text = JSON.stringify(object, null, space);
        const found = [...jsonMembers(text)].map(([name, value]) => [name, JSON.parse(value)]);
        expect(found).toEqual(Object.entries(JSON.parse(text)));
      }),
    );
  });

  it('keeps numbers as they are, and of a name that stands twice the last one', () => {
    const members = jsonMembers(
      '{ "n": 12345678901234567890.10 , "a":{"b":[1e400,"}\\\\"]},"n2":-0.0,"a":[ ] }',
    );
    expect([...members]).toEqual([
      ['n', '12345678901234567890.10'],
      ['a', '[ ]'],
      ['n2', '-0.0'],
    ]);
  });

  it.each([
    '',
    '[]',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":"',
    '{"a":[1',
    '{"a":{',
    '{a:1}',
    '{"a":1 "b":2}',
  ])('refuses %j', (text) => {
    expect(() => jsonMembers(text)).toThrow(SyntaxError);
  });
});

it('jsonElements gives the texts of the elements', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), SPACES, (list, space) => {
      const text = JSON.stringify(list, null, space);
      expect(jsonElements(text).map((each) => JSON.parse(each))).toEqual(JSON.parse(text));
    }),
  );
});
