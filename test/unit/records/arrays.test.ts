import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import { catalogOf } from './tuples.ts';
import { valueJson } from './value-json.ts';

const INT4_ARRAY = 1007;
const INT8_ARRAY = 1016;
const TEXT_ARRAY = 1009;
const NUMERIC_ARRAY = 1231;
const TIMESTAMPTZ_ARRAY = 1185;
const JSONB_ARRAY = 3807;
const BYTEA_ARRAY = 1001;
const BOX_ARRAY = 1020;
const BOOL_ARRAY = 1000;
const ENUM = 20_000;
const ENUM_ARRAY = 20_001;
const INT4_DOMAIN_ARRAY_DOMAIN_ARRAY = 20_004;

const types = catalogOf(
  { oid: INT4_ARRAY, elementOid: 23 },
  { oid: INT8_ARRAY, elementOid: 20 },
  { oid: TEXT_ARRAY, elementOid: 25 },
  { oid: NUMERIC_ARRAY, elementOid: 1700 },
  { oid: TIMESTAMPTZ_ARRAY, elementOid: 1184 },
  { oid: JSONB_ARRAY, elementOid: 3802 },
  { oid: BYTEA_ARRAY, elementOid: 17 },
  { oid: BOX_ARRAY, elementOid: 603, delimiter: ';' },
  { oid: BOOL_ARRAY, elementOid: 16 },
  { oid: ENUM, kind: 'e' },
  { oid: ENUM_ARRAY, elementOid: ENUM },
  { oid: 20_002, kind: 'd', baseOid: 23 },
  { oid: 20_003, elementOid: 20_002 },
  { oid: 20_005, kind: 'd', baseOid: TEXT_ARRAY },
  { oid: INT4_DOMAIN_ARRAY_DOMAIN_ARRAY, elementOid: 20_005 },
);
const array = (oid: number, text: string, options = {}) => valueJson(oid, text, { types, ...options });

test('elements follow their type', () => {
  expect(array(INT4_ARRAY, '{1,NULL,-3}')).toBe('[1,null,-3]');
  expect(array(INT8_ARRAY, '{9007199254740993,1}')).toBe('["9007199254740993",1]');
  expect(array(BOOL_ARRAY, '{t,f,NULL}')).toBe('[true,false,null]');
  expect(array(ENUM_ARRAY, '{create,"with space"}')).toBe('["create","with space"]');
  expect(array(20_003, '{1,2}')).toBe('[1,2]');
  expect(array(TIMESTAMPTZ_ARRAY, '{"2026-11-23 21:12:23.456789+00",infinity}')).toBe(
    '["2026-11-23T21:12:23.456789Z",null]',
  );
  expect(array(BYTEA_ARRAY, '{"\\\\x4869","\\\\x"}')).toBe('["SGk=",""]');
  expect(
    array(JSONB_ARRAY, '{"{\\"a\\": 1.10, \\"b\\": \\"x\\\\\\\\y\\"}",12345678901234567890,null,NULL}'),
  ).toBe('[{"a": 1.10, "b": "x\\\\y"},12345678901234567890,null,null]');
});

test('a modifier and a conversion reach the elements', () => {
  expect(array(NUMERIC_ARRAY, '{1.10,NaN}')).toBe('["1.10",null]');
  expect(array(NUMERIC_ARRAY, '{1.10,NaN}', { modifier: ((10 << 16) | 2) + 4 })).toBe('[1.10,null]');
  expect(array(INT4_ARRAY, '{1,2}', { as: 'string' })).toBe('["1","2"]');
});

test('dimensions, lower bounds, delimiters, emptiness', () => {
  expect(array(INT4_ARRAY, '{}')).toBe('[]');
  expect(array(INT4_ARRAY, '{{1,2},{3,NULL}}')).toBe('[[1,2],[3,null]]');
  expect(array(INT4_ARRAY, '[0:1]={1,2}')).toBe('[1,2]');
  expect(array(INT4_ARRAY, '[-1:0][2:3]={{1,2},{3,4}}')).toBe('[[1,2],[3,4]]');
  expect(array(BOX_ARRAY, '{(1,1),(0,0);(2,2),(1,1)}')).toBe('["(1,1),(0,0)","(2,2),(1,1)"]');
  expect(array(TEXT_ARRAY, '{"","NULL",NULL,"{}","a,b","\\"","\\\\",[0:1]=}')).toBe(
    '["","NULL",null,"{}","a,b","\\"","\\\\","[0:1]="]',
  );
});

test('vectors have no braces', () => {
  expect(array(22, '1 2 3')).toBe('[1,2,3]');
  expect(array(30, '')).toBe('[]');
});

test('an array in a domain in an array', () => {
  expect(array(INT4_DOMAIN_ARRAY_DOMAIN_ARRAY, '{"{a,\\"b \\\\\\\\\\\\\\" c\\"}",NULL,"{}"}')).toBe(
    '[["a","b \\\\\\" c"],null,[]]',
  );
});

test('text that is no array is refused', () => {
  expect(() => array(INT4_ARRAY, '1,2')).toThrow(ProtocolError);
  expect(() => array(INT4_ARRAY, '[0:1')).toThrow(ProtocolError);
});

test('any text array comes back, of up to three dimensions', () => {
  const special = fc.constantFrom(...'"\\{},; NUL\n\u0001é\u{1f600}');
  const element = fc.option(fc.oneof(fc.string({ unit: special }), fc.string({ unit: 'binary' })));
  const elements = (inner: fc.Arbitrary<unknown>) => fc.array(inner, { minLength: 1, maxLength: 5 });
  const arrays = fc.oneof(
    elements(element),
    elements(elements(element)),
    elements(elements(elements(element))),
  );
  fc.assert(
    fc.property(arrays, (value) => {
      expect(JSON.parse(array(TEXT_ARRAY, arrayText(value)))).toEqual(value);
    }),
    { numRuns: 500 },
  );
});

/** As Postgres's array_out writes it, every element between quotes. */
function arrayText(value: unknown): string {
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return `{${value.map(arrayText).join(',')}}`;
  return `"${String(value).replace(/["\\]/g, '\\$&')}"`;
}
