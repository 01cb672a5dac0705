import fc from 'fast-check';
import { expect, it } from 'vitest';
import { instantOf, microsOf } from '../../../src/completeness/instant.ts';

const MICROS = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n });

it('reads what it writes, and writes texts that compare as times do', () => {
  fc.assert(
    fc.property(MICROS, MICROS, (one, other) => {
      expect(microsOf(instantOf(one))).toBe(one);
      expect(instantOf(one) < instantOf(other)).toBe(one < other);
    }),
  );
});

it.each([
  [0n, '1970-01-01T00:00:00.000000Z'],
  [-1n, '1969-12-31T23:59:59.999999Z'],
  [1_700_000_000_123_456n, '2023-11-14T22:13:20.123456Z'],
])('%d is %s', (micros, text) => {
  expect(instantOf(micros)).toBe(text);
});

it('reads shorter fractions, and nothing else', () => {
  expect(microsOf('2023-11-14T22:13:20.5Z')).toBe(1_700_000_000_500_000n);
  expect(microsOf('2023-11-14T22:13:20Z')).toBe(1_700_000_000_000_000n);
  for (const text of [
    '',
    '2023-11-14',
    '2023-11-14T22:13:20.1234567Z',
    '2023-11-14T22:13:20+01:00',
    '2023-13-14T22:13:20Z',
  ])
    expect(microsOf(text)).toBe(undefined);
});
