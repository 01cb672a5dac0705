import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/verify/canonical-json.ts';

const canonical = (text: string): string => canonicalJson(JSON.parse(text));

describe('canonicalJson', () => {
  it('stands for the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.parse(canonical(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('is the same whatever the order of members, the blanks and the spelling of numbers', () => {
    expect(canonical(' { "b" : [ 1.0 , 1e3, -0.0 ] ,\n"a" : { "d" : null , "c" : true } } ')).toBe(
      '{"a":{"c":true,"d":null},"b":[1,1000,0]}',
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (object) => {
        const turned = Object.fromEntries(Object.entries(object).reverse());
        expect(canonicalJson(JSON.parse(JSON.stringify(turned, null, '\t')))).toBe(
          canonical(JSON.stringify(object)),
        );
      }),
    );
  });

  it('has its members in the order of the UTF-8 bytes of their names', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 20 }), (names) => {
        const text = canonicalJson(Object.fromEntries(names.map((each) => [each, 0])));
        const sorted = [...names].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
        expect(text).toBe(`{${sorted.map((each) => `${JSON.stringify(each)}:0`).join(',')}}`);
      }),
    );
    // By units of UTF-16 the emoji would be before both.
    expect(canonical('{"\u{1f600}":1,"\uffff":2,"\ue000":3,"z":4,"10":5,"9":6,"":7}')).toBe(
      '{"":7,"10":5,"9":6,"z":4,"\ue000":3,"\uffff":2,"\u{1f600}":1}',
    );
  });

  it('takes the last of members with one name, however it is spelt', () => {
    expect(canonical('{"a":1,"\\u0061":{"b":2,"b":3},"__proto__":4}')).toBe('{"__proto__":4,"a":{"b":3}}');
  });

  it('escapes what JSON demands and nothing else', () => {
    const controls = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('');
    expect(canonicalJson(controls)).toBe(
      '"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f' +
        '\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f"',
    );
    expect(canonical('"\\u007f\\u2028\\u2029\\ud83d\\ude00\\/<>&\\"\\\\"')).toBe(
      '"\u007f\u2028\u2029\u{1f600}/<>&\\"\\\\"',
    );
    expect(canonical('"\\uD800 and \\uDFFF"')).toBe('"\\ud800 and \\udfff"');
  });

  it('takes values that are deep or wide', () => {
    const depth = 400_000;
    const lists = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(canonical(lists) === lists).toBe(true);
    const objects = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(canonical(objects) === objects).toBe(true);
    const wide = JSON.stringify(Array.from({ length: 300_000 }, (_, at) => at));
    expect(canonical(wide) === wide).toBe(true);
  });

  it.each([[undefined], [() => 1], [1n], [Symbol('s')], [[undefined]], [{ a: Number.NaN }]])(
    'refuses what is no JSON: %s',
    (value) => {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    },
  );
});
