import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { defineConfig } from '../../../src/create-pipeline.ts';

const parsed = (operations: unknown) =>
  parseConfig(
    defineConfig({
      postgres: { url: 'postgres://db/app' },
      algolia: { appId: 'app', apiKey: 'key' },
      tables: { 'a.b': { index: 'i', operations: operations as never } },
    }),
  ).tables['a.b']?.operations;

test('left out, or some of them', () => {
  expect(parsed(undefined)).toBeUndefined();
  expect(parsed(['delete', 'insert'])).toEqual(['delete', 'insert']);
});

test.each([
  [[], 'operations: expected at least one operation'],
  [['insert', 'insert'], 'operations[1]: expected each name once'],
  [['select'], 'operations[0]: expected "insert", "update", "delete" or "truncate"'],
  ['insert', 'operations: expected a list'],
])('%j is refused', (operations, expected) => {
  expect(() => parsed(operations)).toThrow(`tables["a.b"].${expected}`);
});
