import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonText, writeJsonText } from '../../../src/records/json-text.ts';
import { Slab } from '../../../src/records/slab.ts';

function written(text: string, slab = new Slab(32)): string {
  const source = Buffer.from(`"${text}\\`);
  slab.begin();
  writeJsonText(slab, source, 1, source.length - 1);
  return slab.bytes.toString('utf8', slab.recordStart, slab.position);
}

test('any text comes back through JSON.parse', () => {
  const parts = fc.array(fc.oneof(fc.string({ unit: 'binary' }), escaped), { maxLength: 5 });
  const text = parts.map((texts) => texts.join(''));
  const slab = new Slab(256);
  fc.assert(
    fc.property(text, (value) => {
      expect(JSON.parse(written(value, slab))).toBe(value);
    }),
    { numRuns: 500 },
  );
});
const escaped = fc.constantFrom(
  '"',
  '\\',
  '\n',
  '\u0000',
  '\u001f',
  '\u007f',
  '\u2028',
  '\u{1f600}',
  '\ufeff',
);

test('every control character, and nothing but what JSON demands, is escaped', () => {
  for (let code = 1; code < 0x20; code++) {
    const json = written(`a${String.fromCharCode(code)}b`);
    expect(json).toMatch(/^"a\\(u00[01][0-9a-f]|[bfnrt])b"$/);
    expect(JSON.parse(json)).toBe(`a${String.fromCharCode(code)}b`);
  }
  const untouched = "é ß 漢 \u{1f600} \u2028 \u2029 \u007f / < > & '";
  expect(written(untouched)).toBe(`"${untouched}"`);
  expect(written('say "hi" \\ now')).toBe('"say \\"hi\\" \\\\ now"');
  expect(written('')).toBe('""');
});

test('names that are known beforehand are written the same way', () => {
  expect(jsonText('a "name"')).toBe('"a \\"name\\""');
});
