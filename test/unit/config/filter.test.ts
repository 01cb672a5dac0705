import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';

const parsed = (filter: unknown) =>
  parseConfig({
    postgres: { url: 'postgres://db/app' },
    algolia: { appId: 'app', apiKey: 'key' },
    tables: { 'a.b': { index: 'i', filter: filter as never } },
  }).tables['a.b']?.filter;

test('left out, or any text that Postgres may judge', () => {
  expect(parsed(undefined)).toBeUndefined();
  expect(parsed("tenant <> 'it''s — 🦊' --")).toBe("tenant <> 'it''s — 🦊' --");
});

test.each([
  ['', 'expected an SQL condition over the columns of the table'],
  [true, 'expected an SQL condition over the columns of the table'],
  ['true\0', 'expected a text without the character U+0000'],
])('%j is refused', (filter, expected) => {
  expect(() => parsed(filter)).toThrow(`tables["a.b"].filter: ${expected}`);
});
