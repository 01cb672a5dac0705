import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainDecimal } from '../../../src/verify/plain-decimal.ts';

describe('plainDecimal', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['-0.0e5', '0'],
    ['1.0', '1'],
    ['1e3', '1000'],
    ['-12.50', '-12.5'],
    ['0.30000000000000004', '0.30000000000000004'],
    ['1e-6', '0.000001'],
    ['1e-7', '0.0000001'],
    ['-1.5e-7', '-0.00000015'],
    ['123456789012345678901', '123456789012345680000'],
    ['1e21', '1000000000000000000000'],
    ['-1.25E+22', '-12500000000000000000000'],
    ['9007199254740992', '9007199254740992'],
    ['9007199254740993', '9007199254740992'],
    ['1e308', `1${'0'.repeat(308)}`],
    ['5e-324', `0.${'0'.repeat(323)}5`],
    ['1e-400', '0'],
    ['1e309', '1e999'],
    ['-1e400', '-1e999'],
  ])('%s is %s', (text, expected) => {
    expect(plainDecimal(Number(text))).toBe(expected);
  });

  it('is read as the same double, and has no exponent', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = plainDecimal(value);
        expect(text).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
        expect(Number(text)).toBe(value === 0 ? 0 : value);
      }),
    );
  });
});
