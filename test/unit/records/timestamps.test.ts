import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConfigError, ProtocolError } from '../../../src/errors.ts';
import { dayOf, daysSinceEpoch } from '../../../src/records/calendar.ts';
import { Constant } from '../../../src/records/slab.ts';
import { valueJson } from './value-json.ts';

const DATE = 1082;
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;
const millisKey = new Constant(',"at_ms":');

function record(oid: number, text: string, timeZone?: string): { at: string | null; at_ms: number | null } {
  const options = timeZone === undefined ? { millisKey } : { millisKey, timeZone };
  return JSON.parse(`{"at":${valueJson(oid, text, options)}}`) as { at: string | null; at_ms: number | null };
}

test('timestamps keep the fraction as Postgres prints it', () => {
  expect(record(TIMESTAMPTZ, '2026-11-23 21:12:23.456789+00')).toEqual({
    at: '2026-11-23T21:12:23.456789Z',
    at_ms: Date.UTC(2026, 10, 23, 21, 12, 23, 456),
  });
  expect(record(TIMESTAMPTZ, '2026-11-23 21:12:23.5+00').at).toBe('2026-11-23T21:12:23.5Z');
  expect(record(TIMESTAMP, '2026-11-23 21:12:23')).toEqual({
    at: '2026-11-23T21:12:23Z',
    at_ms: Date.UTC(2026, 10, 23, 21, 12, 23),
  });
});

test('milliseconds are rounded down, before 1970 as well', () => {
  expect(record(TIMESTAMPTZ, '1969-12-31 23:59:59.9999+00').at_ms).toBe(-1);
  expect(record(TIMESTAMPTZ, '1969-12-31 23:59:59.000001+00').at_ms).toBe(-1000);
  expect(record(TIMESTAMPTZ, '1970-01-01 00:00:00.000999+00').at_ms).toBe(0);
});

test('years before Christ and beyond 9999 are expanded years, which JavaScript reads', () => {
  expect(record(TIMESTAMPTZ, '0044-03-15 12:00:00+00 BC')).toEqual({
    at: '-000043-03-15T12:00:00Z',
    at_ms: Date.parse('-000043-03-15T12:00:00Z'),
  });
  expect(record(TIMESTAMP, '0001-12-31 00:00:00.25 BC').at).toBe('0000-12-31T00:00:00.25Z');
  expect(record(TIMESTAMP, '0001-01-01 00:00:00').at).toBe('0001-01-01T00:00:00Z');
  expect(record(TIMESTAMPTZ, '10000-01-01 00:00:00+00')).toEqual({
    at: '+010000-01-01T00:00:00Z',
    at_ms: Date.UTC(10_000, 0, 1),
  });
  expect(valueJson(TIMESTAMPTZ, '294276-12-31 23:59:59.999999+00', { millisKey })).toBe(
    '"+294276-12-31T23:59:59.999999Z","at_ms":9224318015999999',
  );
});

test('the hour and the day are the beginning of the whole text in UTC', () => {
  const hour = (oid: number, text: string, timeZone?: string) =>
    valueJson(oid, text, { as: 'hour', ...(timeZone === undefined ? {} : { timeZone }) });
  expect(hour(TIMESTAMPTZ, '2026-09-23 10:59:59.999999+00')).toBe('"2026-09-23T10"');
  expect(hour(TIMESTAMP, '2026-09-23 00:30:00')).toBe('"2026-09-23T00"');
  expect(hour(TIMESTAMP, '2026-09-23 00:30:00', 'Europe/Berlin')).toBe('"2026-09-22T22"');
  expect(hour(TIMESTAMPTZ, '0044-03-15 12:00:00+00 BC')).toBe('"-000043-03-15T12"');
  expect(hour(TIMESTAMPTZ, '10000-01-01 00:00:00+00')).toBe('"+010000-01-01T00"');
  expect(valueJson(TIMESTAMP, '2026-01-01 00:30:00', { as: 'day', timeZone: 'Europe/Berlin' })).toBe(
    '"2025-12-31"',
  );
  expect(valueJson(DATE, '0044-03-15 BC', { as: 'day' })).toBe('"-000043-03-15"');
  for (const oid of [TIMESTAMP, TIMESTAMPTZ, DATE])
    expect(valueJson(oid, '-infinity', { as: 'day' })).toBe('null');
  expect(() => valueJson(DATE, '2026-01-01', { as: 'hour' })).toThrow(ConfigError);
  expect(() => valueJson(25, '2026-01-01', { as: 'day' })).toThrow(/has no day/);
});

test('infinities are null, in both attributes; as a string they stay', () => {
  for (const text of ['infinity', '-infinity']) {
    expect(record(TIMESTAMPTZ, text)).toEqual({ at: null, at_ms: null });
    expect(valueJson(DATE, text)).toBe('null');
    expect(valueJson(TIMESTAMP, text, { as: 'string' })).toBe(`"${text}"`);
    expect(valueJson(DATE, text, { as: 'string' })).toBe(`"${text}"`);
  }
});

test('dates', () => {
  expect(valueJson(DATE, '2026-11-23')).toBe('"2026-11-23"');
  expect(valueJson(DATE, '0044-03-15 BC')).toBe('"-000043-03-15"');
  expect(valueJson(DATE, '4713-01-01 BC')).toBe('"-004712-01-01"');
  expect(valueJson(DATE, '10000-02-29')).toBe('"+010000-02-29"');
  expect(valueJson(DATE, '5874897-12-31')).toBe('"+5874897-12-31"');
});

test('text of other session settings is not guessed at', () => {
  expect(() => valueJson(TIMESTAMPTZ, '2026-11-23 21:12:23+09')).toThrow(ProtocolError);
  expect(() => valueJson(TIMESTAMPTZ, '23.11.2026 21:12:23 UTC')).toThrow(ProtocolError);
  expect(() => valueJson(TIMESTAMP, 'Mon Nov 23 21:12:23 2026')).toThrow(ProtocolError);
  expect(() => valueJson(DATE, '23.11.2026')).toThrow(ProtocolError);
  expect(() => valueJson(DATE, '11-23-2026')).toThrow(ProtocolError);
});

test('any instant agrees with arithmetic in BigInt', () => {
  const first = BigInt(Date.parse('-004712-01-01T00:00:00Z')) * 1000n;
  const last = BigInt(Date.parse('+275760-01-01T00:00:00Z')) * 1000n;
  const micros = fc.oneof(
    fc.bigInt(first, last),
    fc.bigInt({ min: -10_000_000_000n, max: 10_000_000_000n }),
    fc.bigInt(0n, 4n * 10n ** 15n),
  );
  fc.assert(
    fc.property(micros, (instant) => {
      const millis = instant >= 0n ? instant / 1000n : -((999n - instant) / 1000n);
      const iso = new Date(Number(millis)).toISOString();
      const fraction = String(((instant % 1_000_000n) + 1_000_000n) % 1_000_000n)
        .padStart(6, '0')
        .replace(/0+$/, '');
      const year = Number(/^[+-]?\d+/.exec(iso)?.[0]);
      const rest = iso
        .replace(/^[+-]?\d+/, '')
        .slice(0, 15)
        .replace('T', ' ');
      const printed = `${String(year > 0 ? year : 1 - year).padStart(4, '0')}${rest}`;
      const decimals = fraction === '' ? '' : `.${fraction}`;
      const text = `${printed}${decimals}+00${year > 0 ? '' : ' BC'}`;
      expect(record(TIMESTAMPTZ, text)).toEqual({
        at: `${iso.slice(0, -5)}${decimals}Z`,
        at_ms: Number(millis),
      });
    }),
    { numRuns: 1_000 },
  );
});

test('the calendar goes both ways', () => {
  fc.assert(
    fc.property(fc.integer({ min: -2_500_000, max: 110_000_000 }), (days) => {
      const { year, month, day } = dayOf(days);
      expect(daysSinceEpoch(year, month, day)).toBe(days);
      if (Math.abs(days) <= 100_000_000) {
        const date = new Date(days * 86_400_000);
        expect([year, month, day]).toEqual([
          date.getUTCFullYear(),
          date.getUTCMonth() + 1,
          date.getUTCDate(),
        ]);
      }
    }),
  );
});

test('a timestamp without zone is read in the zone that it was written in', () => {
  const berlin = (text: string) => record(TIMESTAMP, text, 'Europe/Berlin');
  expect(berlin('2026-01-15 12:00:00.123456')).toEqual({
    at: '2026-01-15T11:00:00.123456Z',
    at_ms: Date.UTC(2026, 0, 15, 11, 0, 0, 123),
  });
  expect(berlin('2026-07-15 00:30:00').at).toBe('2026-07-14T22:30:00Z');
  expect(berlin('2027-01-01 00:30:00').at).toBe('2026-12-31T23:30:00Z');
  expect(record(TIMESTAMP, '2026-07-15 00:30:00', 'Asia/Kathmandu').at).toBe('2026-07-14T18:45:00Z');
  expect(record(TIMESTAMP, '2026-03-08 12:00:00', 'America/New_York').at).toBe('2026-03-08T16:00:00Z');
});

test('a local time that never was is read before the change, one that was twice after it', () => {
  const berlin = (text: string) => record(TIMESTAMP, text, 'Europe/Berlin').at;
  expect(berlin('2026-03-29 01:59:59')).toBe('2026-03-29T00:59:59Z');
  expect(berlin('2026-03-29 02:30:00')).toBe('2026-03-29T01:30:00Z');
  expect(berlin('2026-03-29 03:00:00')).toBe('2026-03-29T01:00:00Z');
  expect(berlin('2026-10-25 01:59:59')).toBe('2026-10-24T23:59:59Z');
  expect(berlin('2026-10-25 02:00:00')).toBe('2026-10-25T01:00:00Z');
  expect(berlin('2026-10-25 02:30:00')).toBe('2026-10-25T01:30:00Z');
  expect(berlin('2026-10-25 03:00:00')).toBe('2026-10-25T02:00:00Z');
});

test('zones reach back to local mean time and forward for ever', () => {
  const at = (text: string) => record(TIMESTAMP, text, 'Europe/Berlin').at;
  expect(at('1700-01-01 00:00:00')).toBe('1699-12-31T23:06:32Z');
  expect(at('1850-01-01 00:00:00')).toBe('1849-12-31T23:06:32Z');
  expect(at('0044-03-15 00:00:00 BC')).toBe('-000043-03-14T23:06:32Z');
  expect(at('2500-07-01 12:00:00')).toBe('2500-07-01T10:00:00Z');
  expect(at('12026-07-01 12:00:00')).toBe('+012026-07-01T10:00:00Z');
  expect(at('290000-01-01 12:00:00')).toBe('+290000-01-01T11:00:00Z');
});
