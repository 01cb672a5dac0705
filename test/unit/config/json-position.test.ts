import { expect, it } from 'vitest';
import { jsonErrorPosition } from '../../../src/config/json-position.ts';

it.each([
  ['', 'line 1, column 1'],
  ['{', 'line 1, column 2'],
  ['{"a" 1}', 'line 1, column 6'],
  ['{"a": 1,}', 'line 1, column 9'],
  ['{\n  "a": [1, 2\n}', 'line 3, column 1'],
  ['[1, tru]', 'line 1, column 5'],
  ['{"a": "no end', 'line 1, column 7'],
  ['{"a": "bad \\x escape"}', 'line 1, column 7'],
  ['{"a": 1} more', 'line 1, column 10'],
  ['[1.5e+3, -0, "\\u00e9ü🚀", null, {}, []', 'line 1, column 39'],
  ["{'a': 1}", 'line 1, column 2'],
])('%j', (text, position) => {
  expect(() => JSON.parse(text)).toThrow();
  expect(jsonErrorPosition(text)).toBe(position);
});
