import { describe, expect, test } from 'vitest';
import { RecordError } from '../../../src/errors.ts';
import { JsonPath } from '../../../src/records/json-path.ts';

/** What stands at the path, in the middle of other bytes; undefined for nothing, or null. */
function at(path: string, json: string): string | undefined {
  const before = '"a":{"a"';
  const source = Buffer.from(`${before}${json},"a":1}]`);
  const found = new JsonPath(path, 'subject');
  if (!found.find(source, before.length, before.length + Buffer.byteLength(json))) return undefined;
  return source.toString('utf8', found.start, found.end);
}

describe('a path in a JSON text', () => {
  test.each([
    ['a', '{"a": 1}', '1'],
    ['a', '{"b": {"a": 2}, "a": 1}', '1'],
    ['b.a', '{"b": {"a": 12345678901234567890.10, "c": 1}, "a": 1}', '12345678901234567890.10'],
    ['a.1', '{"a": [[0, 9], {"x": "]}"}, 3]}', '{"x": "]}"}'],
    ['a.0.1', '{"a": [[0, 9], 2]}', '9'],
    ['a.0', '{"a": {"0": true}}', 'true'],
    ['0', '[ "\\"x" ,1]', '"\\"x"'],
    ['a', ' {\n"a"\t:\r 1 }\n', '1'],
    ['a', '{"a": 1, "a": {"a": 2}}', '{"a": 2}'],
    ['é', '{"é": "ü"}', '"ü"'],
    ['é', '{"\\u00e9": 1}', '1'],
    ['a"b', '{"a": 1, "a\\"b": 2}', '2'],
    ['constructor', '{"constructor": 1}', '1'],
  ])('%s of %s', (path, json, expected) => {
    expect(at(path, json)).toBe(expected);
  });

  test.each([
    ['b', '{"a": 1}'],
    ['a', '{}'],
    ['0', '[]'],
    ['1', '[1]'],
    ['a', '[1]'],
    ['01', '[1, 2]'],
    ['a', '"a"'],
    ['a', 'null'],
    ['a.b', '{"a": null}'],
    ['a.b', '{"a": 1}'],
    ['a', '{"a": null}'],
    ['ab', '{"a": 1, "abc": 2}'],
  ])('%s is not in %s', (path, json) => {
    expect(at(path, json)).toBeUndefined();
  });

  test('a deep document takes no stack', () => {
    const depth = 100_000;
    expect(at('b', `{"a": ${'['.repeat(depth)}${']'.repeat(depth)}, "b": 1}`)).toBe('1');
  });

  test.each([
    '{"a" 1}',
    '{"b": 1',
    '{"b": "x}',
    '{b: 1}',
    '{"b": }',
    '{"b": 1 "a": 2}',
    '{"\\x": 1}',
    '{"b": [1}',
  ])('%s is no JSON, and is not quoted', (json) => {
    expect(() => at('a', json)).toThrow(RecordError);
    expect(() => at('a', json)).toThrow(/^subject has a path, and a value that is no JSON$/);
  });
});
