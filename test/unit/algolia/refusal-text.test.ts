import { expect, test } from 'vitest';
import { refusalText } from '../../../src/algolia/refusal-text.ts';

test.each([
  [
    'Record at the position 729 objectID=user-4711 is too big size=12822/10000 bytes. Please have a look at https://www.algolia.com/doc/x',
    'Record at the position 729 objectID=… is too big size=12822/10000 bytes. Please have a look at',
  ],
  [
    "The 'objectID' attribute is required to use action=updateObject near line:1 column:42",
    "The 'objectID' attribute is required to use action=updateObject near line:1 column:42",
  ],
  ['Invalid Application-ID or API key', 'Invalid Application-ID or API key'],
  ['Method not allowed with this API key', 'Method not allowed with this API key'],
])('keeps of %j what says why', (message, kept) => {
  expect(refusalText(message)).toBe(kept);
});

test.each([
  'Invalid object attributes:{"email":"jane@corp.example","salary":123456} near line:1',
  'Record objectID=jane@corp.example too big',
  'unexpected token jane@corp.example at 123456',
  'unexpected token "jane\u00e9" corp.example 123456',
  '<html><body>proxy jane@corp.example 123456</body></html>',
  'key 0123456789abcdef0123456789abcdef is not allowed',
])('keeps nothing of the values in %j', (message) => {
  const text = refusalText(message);
  for (const secret of ['jane', 'corp', 'salary', '123456', '0123', 'abcdef', '\u00e9']) {
    expect(text).not.toContain(secret);
  }
  expect(text).toContain('…');
});

test('is short', () => {
  expect(refusalText('record '.repeat(100_000)).length).toBeLessThanOrEqual(200);
});
