import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatLsn, type Lsn, parseLsn } from '../../src/lsn.ts';

test('text and number are the same position, over the whole range', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 0xffff_ffff_ffff_ffffn), (position) => {
      expect(parseLsn(formatLsn(position as Lsn))).toBe(position);
    }),
  );
});

test('prints as Postgres does', () => {
  expect(formatLsn(parseLsn('16/B374D848'))).toBe('16/B374D848');
  expect(formatLsn(parseLsn('00000000/01776B48'))).toBe('0/1776B48');
});

test.each(['', '0', '0/', '/0', '0/123456789', 'G/0', '0/0 ', ' 0/0', '0/-1'])('refuses %j', (text) => {
  expect(() => parseLsn(text)).toThrow(RangeError);
});
