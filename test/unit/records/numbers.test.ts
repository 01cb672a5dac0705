import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecordError } from '../../../src/errors.ts';
import { fitsDouble, writeInteger } from '../../../src/records/numbers.ts';
import { Slab } from '../../../src/records/slab.ts';
import { valueJson } from './value-json.ts';

const INT8 = 20;
const NUMERIC = 1700;
const TEXT = 25;
const modifier = (precision: number, scale: number) => ((precision << 16) | (scale & 0x7ff)) + 4;

test('int8 is a number as far as a double counts, then a string', () => {
  const max = 2n ** 53n - 1n;
  for (const value of [0n, 1n, -1n, 999_999_999_999_999n, max, -max, 1_000_000_000_000_000n]) {
    expect(valueJson(INT8, String(value))).toBe(String(value));
  }
  for (const value of [max + 1n, -max - 1n, 2n ** 63n - 1n, -(2n ** 63n), 9_999_999_999_999_999n]) {
    expect(valueJson(INT8, String(value))).toBe(`"${value}"`);
  }
  fc.assert(
    fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value) => {
      const json: unknown = JSON.parse(valueJson(INT8, String(value)));
      expect(typeof json).toBe(value >= -max && value <= max ? 'number' : 'string');
      expect(BigInt(json as string | number)).toBe(value);
    }),
  );
});

test('floats are numbers; what JSON has no number for is null', () => {
  for (const oid of [700, 701]) {
    for (const text of ['1.5', '-0', '1e+20', '1e-07', '-2.2250738585072014e-308'])
      expect(valueJson(oid, text)).toBe(text);
    for (const text of ['NaN', 'Infinity', '-Infinity']) expect(valueJson(oid, text)).toBe('null');
    expect(valueJson(oid, 'NaN', { as: 'string' })).toBe('"NaN"');
  }
});

test('numeric is a number when its precision fits a double, else a string with every digit', () => {
  const amount = { modifier: modifier(10, 2) };
  expect(valueJson(NUMERIC, '1.10', amount)).toBe('1.10');
  expect(valueJson(NUMERIC, 'NaN', amount)).toBe('null');
  expect(valueJson(NUMERIC, '12345678901234567890.10')).toBe('"12345678901234567890.10"');
  expect(valueJson(NUMERIC, '1.10', { modifier: modifier(16, 2) })).toBe('"1.10"');
  for (const text of ['NaN', 'Infinity', '-Infinity']) expect(valueJson(NUMERIC, text)).toBe('null');
  expect(valueJson(NUMERIC, '-12345678901234567890.10', { as: 'number' })).toBe('-12345678901234567890.10');
  expect(valueJson(NUMERIC, '1.10', { ...amount, as: 'string' })).toBe('"1.10"');
});

test('precision and scale are read from the modifier', () => {
  expect(fitsDouble(-1)).toBe(false);
  expect(fitsDouble(modifier(15, 0))).toBe(true);
  expect(fitsDouble(modifier(16, 0))).toBe(false);
  expect(fitsDouble(modifier(1000, 1000))).toBe(false);
  expect(fitsDouble(modifier(3, -5))).toBe(true);
  // 999e1000 is no double any more.
  expect(fitsDouble(modifier(3, -1000))).toBe(false);
  expect(fitsDouble(modifier(3, 1000))).toBe(false);
});

test('text becomes a number only where it is one', () => {
  const number = (text: string) => valueJson(TEXT, text, { as: 'number' });
  expect(number('42')).toBe('42');
  expect(number(' +007.50 ')).toBe('7.50');
  expect(number('-.5')).toBe('-0.5');
  expect(number('1.')).toBe('1');
  expect(number('00')).toBe('0');
  expect(number('1e6')).toBe('1e6');
  for (const text of ['', ' ', '.', '-', '0x10', '1,5', 'NaN', 'secret', '1 2', '--1', '1e']) {
    expect(() => number(text), text).toThrow(RecordError);
    expect(() => number(text), text).not.toThrow(/secret/);
  }
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(Number(number(String(value)))).toBe(value + 0);
      expect(() => JSON.parse(number(String(value))) as unknown).not.toThrow();
    }),
  );
});

test('integers are written as JavaScript prints them', () => {
  const check = (value: number) => {
    const slab = new Slab(8);
    slab.begin();
    writeInteger(slab, value);
    expect(slab.bytes.toString('latin1', slab.recordStart, slab.position)).toBe(String(value));
  };
  for (let power = 1; power <= 1e15; power *= 10) for (const delta of [-1, 0, 1]) check(power + delta);
  fc.assert(fc.property(fc.maxSafeInteger(), check));
});
