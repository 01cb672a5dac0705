import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { parseTemplate, templateAttributes } from '../../../src/config/template.ts';

test('text, attributes and optional sections', () => {
  expect(parseTemplate('{a} did [on {b}:{c}]!')).toEqual([
    { isOptional: false, parts: [{ attribute: 'a' }, ' did '] },
    { isOptional: true, parts: ['on ', { attribute: 'b' }, ':', { attribute: 'c' }] },
    { isOptional: false, parts: ['!'] },
  ]);
  expect(templateAttributes(parseTemplate('[{a}]{b}'))).toEqual(['a', 'b']);
});

test('doubled brackets are themselves', () => {
  expect(parseTemplate('{{[[{a}]]}}')).toEqual([
    { isOptional: false, parts: ['{', '[', { attribute: 'a' }, ']', '}'] },
  ]);
});

test.each([
  ['{a', 'every { with its other half'],
  ['a} {b}', 'every } with its other half'],
  ['[{a}', 'every [ with its other half'],
  ['{a}]', 'every ] with its other half'],
  ['[{a}[{b}]', 'every [ with its other half'],
  ['{} {a}', 'every { with its other half'],
  ['plain', 'at least one attribute'],
  ['', 'at least one attribute'],
])('%s is refused', (text, expected) => {
  expect(() => parseTemplate(text)).toThrow(expected);
});

const parsed = (attributes: Record<string, unknown>) =>
  parseConfig({
    postgres: { url: 'postgres://db/app' },
    algolia: { appId: 'app', apiKey: 'key' },
    tables: { 'a.b': { index: 'i', attributes } } as never,
  });

test.each([
  [
    { n: { template: '{x}' } },
    'n.template: expected attributes of this table that have a column, not "x", which is not there',
  ],
  [{ c: { constant: 1 }, n: { template: '{c}' } }, 'not "c", which has no column'],
  [{ n: { template: '{n}' } }, 'not "n", which has no column'],
  [{ n: { template: '{a}', column: 'c' } }, 'n.column: expected no `column` beside `template`'],
  [{ n: { template: '{a}', constant: 1 } }, 'n.template: expected no `template` beside `constant`'],
  [{ n: { template: 5 } }, 'n.template: expected a text with attributes in braces'],
  [{ n: { template: '{' } }, 'n.template: expected every { with its other half'],
])('%j is refused', (attributes, message) => {
  expect(() => parsed(attributes)).toThrow(message);
});
