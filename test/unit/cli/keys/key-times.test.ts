import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { expiry, instant } from '../../../../src/cli/keys/key-times.ts';

describe('an instant', () => {
  it.each([
    ['2026-11-23', '2026-11-23T00:00:00.000Z'],
    ['2026-11-23T14:05Z', '2026-11-23T14:05:00.000Z'],
    ['2026-11-23T14:05:06Z', '2026-11-23T14:05:06.000Z'],
    ['2026-11-23 14:05:06.7Z', '2026-11-23T14:05:06.700Z'],
    ['2026-11-23T14:05:06.789+01:30', '2026-11-23T12:35:06.789Z'],
    ['2026-11-23T14:05-0800', '2026-11-23T22:05:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
  ])('%s', (text, expected) => {
    expect(new Date(instant(text)).toISOString()).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '2026-11',
    '2026-02-30',
    '2026-02-29',
    '2026-13-01',
    // Without a zone it would be that of whoever asks.
    '2026-11-23T14:05:06',
    '2026-11-23T25:00Z',
    // To the microsecond it could not be kept.
    '2026-11-23T14:05:06.123456Z',
    '1763906706000',
    ' 2026-11-23',
  ])('not %j', (text) => {
    expect(() => instant(text)).toThrow(InvalidArgumentError);
  });
});

describe('an expiry', () => {
  const now = Date.parse('2026-11-23T14:00:00Z');
  const parse = expiry(now);

  it('is so many days, hours or minutes from now, or an instant', () => {
    expect(parse('7d') - now).toBe(7 * 24 * 3_600_000);
    expect(parse('12h') - now).toBe(12 * 3_600_000);
    expect(parse('30m') - now).toBe(1_800_000);
    expect(parse('2026-12-01T00:00Z')).toBe(Date.parse('2026-12-01T00:00:00Z'));
  });

  it.each(['0d', '7', '7s', '7w', '-1d', '1.5d', 'never', '2026-11-23T14:00:00Z', '2026-11-22', ''])(
    'not %j',
    (text) => {
      expect(() => parse(text)).toThrow(InvalidArgumentError);
    },
  );
});
