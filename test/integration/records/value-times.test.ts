import { asText, instant, testValues, timestampNull } from './value-case.ts';

const instants = [
  '2026-11-23 21:12:23.456789',
  '2026-11-23 21:12:23.5',
  '2026-11-23 21:12:23',
  '1970-01-01 00:00:00',
  '1969-12-31 23:59:59.999999',
  '1900-02-28 12:00:00.000001',
  '2000-02-29 23:59:59.999',
  '0001-01-01 00:00:00',
  '0044-03-15 12:30:00.25 BC',
  '0001-12-31 00:00:00 BC',
  '4713-01-01 00:00:00 BC',
  '10000-01-01 00:00:00',
  '294200-12-31 23:59:59.999999',
  'infinity',
  '-infinity',
];

/** The beginning of the text of an instant, up to its day and what follows. */
function period(sql: string, rest: string): string {
  return `CASE WHEN isfinite(${sql}) THEN to_json(substring(iso(${sql}) from '^.*-..-..${rest}'))::text ELSE 'null' END`;
}

testValues([
  { type: 'time', values: ['21:12:23.456789', '24:00:00'], json: asText },
  { type: 'timetz', values: ['21:12:23.4+09'], json: asText },
  { type: 'interval', values: ['1 year 2 months 3 days 04:05:06.789', '-1 day'], json: asText },
  { type: 'timestamptz', values: instants, json: instant(`(v AT TIME ZONE 'UTC')`), nullJson: timestampNull },
  {
    type: 'timestamptz(3)',
    values: ['2026-11-23 21:12:23.4567'],
    json: instant(`(v AT TIME ZONE 'UTC')`),
    nullJson: timestampNull,
  },
  {
    type: 'timestamptz',
    values: ['2026-11-23 21:12:23.4'],
    json: `to_json(iso(v AT TIME ZONE 'UTC') || 'Z')::text`,
    attribute: { as: 'string' },
  },
  {
    type: 'timestamptz',
    values: instants,
    json: period(`(v AT TIME ZONE 'UTC')`, 'T..'),
    attribute: { as: 'hour' },
  },
  { type: 'timestamp', values: instants, json: period('v', ''), attribute: { as: 'day' } },
  {
    type: 'timestamp',
    values: ['2026-03-29 02:30:00', '2026-01-01 00:30:00', '0001-01-01 00:00:00', '10000-01-01 00:00:00'],
    json: period(`(v AT TIME ZONE 'Europe/Berlin' AT TIME ZONE 'UTC')`, 'T..'),
    attribute: { as: 'hour', timeZone: 'Europe/Berlin' },
  },
  { type: 'timestamp', values: instants, json: instant('v'), nullJson: timestampNull },
  {
    type: 'timestamp',
    values: [
      '2026-01-15 12:00:00.25',
      '2026-03-29 01:59:59',
      '2026-03-29 02:30:00',
      '2026-03-29 03:00:00',
      '2026-10-25 01:59:59',
      '2026-10-25 02:00:00',
      '2026-10-25 02:30:00',
      '2026-10-25 03:00:00',
      '2027-01-01 00:30:00',
      '1980-04-06 02:30:00',
      '1750-01-01 00:00:00',
      '0044-03-15 00:00:00 BC',
      '2600-07-01 12:00:00',
      'infinity',
    ],
    json: instant(`(v AT TIME ZONE 'Europe/Berlin' AT TIME ZONE 'UTC')`),
    attribute: { timeZone: 'Europe/Berlin' },
    nullJson: timestampNull,
  },
  {
    type: 'date',
    values: [
      '2026-11-23',
      '0044-03-15 BC',
      '0001-12-31 BC',
      '10000-02-29',
      '5874897-12-31',
      'infinity',
      '-infinity',
    ],
    json: `CASE WHEN isfinite(v) THEN to_json(iso_date(v))::text ELSE 'null' END`,
  },
  {
    type: 'date',
    values: ['2026-11-23', '0044-03-15 BC', 'infinity'],
    json: `CASE WHEN isfinite(v) THEN to_json(iso_date(v))::text ELSE 'null' END`,
    attribute: { as: 'day' },
  },
]);
