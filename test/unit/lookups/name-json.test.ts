import { expect, test } from 'vitest';
import { nameJson } from '../../../src/lookups/name-json.ts';
import { NAME_BYTES_MAX } from '../../../src/records/reference-names.ts';

test.each(['', 'Ann', 'Zoë "Z" \\ \n', '李雷 🦊', 'x'.repeat(498)])('%j is left as it is', (name) => {
  expect(nameJson(name)).toBe(JSON.stringify(name));
});

test.each(['x', '"', '\u0001', 'ü', '李', '🦊', 'ab🦊'])('of many times %j the beginning is left', (part) => {
  const name = part.repeat(600);
  const json = nameJson(name);
  const cut = JSON.parse(json) as string;
  expect(name.startsWith(cut)).toBe(true);
  expect(Buffer.byteLength(json)).toBeLessThanOrEqual(NAME_BYTES_MAX);
  expect(Buffer.byteLength(json)).toBeGreaterThan(NAME_BYTES_MAX - 8);
  expect(Buffer.from(cut).toString()).toBe(cut);
});
