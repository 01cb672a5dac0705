import { expect, test } from 'vitest';
import { ConfigError, UnknownTypeError } from '../../../src/errors.ts';
import { catalogOf } from './tuples.ts';
import { valueJson } from './value-json.ts';

const NUMERIC_10_2 = ((10 << 16) | 2) + 4;
const types = catalogOf(
  { oid: 20_000, kind: 'd', baseOid: 3802 },
  { oid: 20_001, kind: 'd', baseOid: 1700, baseModifier: NUMERIC_10_2 },
  { oid: 20_002, kind: 'd', baseOid: 20_001 },
  { oid: 20_003, kind: 'e' },
  { oid: 20_004, kind: 'd', baseOid: 20_003 },
  { oid: 20_005, kind: 'd', baseOid: 20_099 },
  { oid: 20_006, elementOid: 20_099 },
);

test('what has no form of its own in JSON is a string', () => {
  for (const oid of [25, 1042, 1043, 2950, 869, 1083, 1186, 3904, 790, 142, 600, 1560, 18, 28]) {
    expect(valueJson(oid, 'some "text"  ')).toBe('"some \\"text\\"  "');
  }
});

test('numbers, booleans and JSON', () => {
  for (const oid of [21, 23, 26]) expect(valueJson(oid, '-12')).toBe('-12');
  expect(valueJson(16, 't')).toBe('true');
  expect(valueJson(16, 'f')).toBe('false');
  const json = '{"a": 1.10, "b": [12345678901234567890], "a": "\\u0000"}';
  expect(valueJson(114, json)).toBe(json);
  expect(valueJson(3802, json)).toBe(json);
});

test('as a string', () => {
  expect(valueJson(23, '-12', { as: 'string' })).toBe('"-12"');
  expect(valueJson(20, '12', { as: 'string' })).toBe('"12"');
  expect(valueJson(16, 't', { as: 'string' })).toBe('"true"');
  expect(valueJson(16, 'f', { as: 'string' })).toBe('"false"');
  expect(valueJson(3802, '{"a": 1}', { as: 'string' })).toBe('"{\\"a\\": 1}"');
  expect(valueJson(1184, '2026-11-23 21:12:23+00', { as: 'string' })).toBe('"2026-11-23T21:12:23Z"');
});

test('as a number', () => {
  expect(valueJson(20, '9007199254740993', { as: 'number' })).toBe('9007199254740993');
  expect(valueJson(701, 'NaN', { as: 'number' })).toBe('null');
  for (const oid of [16, 17, 114, 1082, 1184, 2950, 1186]) {
    expect(() => valueJson(oid, '1', { as: 'number' })).toThrow(ConfigError);
  }
});

test('domains are what they are over, with the modifier they give', () => {
  expect(valueJson(20_000, '{"a": 1.10}', { types })).toBe('{"a": 1.10}');
  expect(valueJson(20_001, '1.10', { types })).toBe('1.10');
  expect(valueJson(20_002, '1.10', { types })).toBe('1.10');
  expect(valueJson(20_004, 'create', { types })).toBe('"create"');
});

test('a type that the catalog does not have is named, also beneath others', () => {
  for (const oid of [20_099, 20_005, 20_006]) {
    expect(() => valueJson(oid, 'x', { types })).toThrow(
      expect.objectContaining({ constructor: UnknownTypeError, typeOid: 20_099 }),
    );
  }
});

test('only a timestamp without zone may name one', () => {
  expect(() => valueJson(1184, '2026-11-23 21:12:23+00', { timeZone: 'Europe/Berlin' })).toThrow(ConfigError);
  expect(() => valueJson(25, 'x', { timeZone: 'Europe/Berlin' })).toThrow(ConfigError);
});
