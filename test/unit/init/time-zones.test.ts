import { expect, test } from 'vitest';
import { assumedZone } from '../../../src/init/time-zones.ts';

test.each([
  [null, 'Europe/Berlin', 'UTC'],
  ["(now() AT TIME ZONE 'utc'::text)", 'Europe/Berlin', 'UTC'],
  ["timezone('utc'::text, now())", 'Europe/Berlin', 'UTC'],
  ["(CURRENT_TIMESTAMP AT TIME ZONE 'America/New_York'::text)", 'UTC', 'America/New_York'],
  ["timezone('Asia/Kolkata'::text, clock_timestamp())", 'UTC', 'Asia/Kolkata'],
  ['now()', 'Europe/Berlin', 'Europe/Berlin'],
  ['CURRENT_TIMESTAMP', 'Europe/Berlin', 'Europe/Berlin'],
  ['LOCALTIMESTAMP(3)', 'Europe/Berlin', 'Europe/Berlin'],
  ['clock_timestamp()', 'Etc/UTC', 'UTC'],
  ['now()', 'GMT', 'UTC'],
  ["'1970-01-01 00:00:00'::timestamp without time zone", 'Europe/Berlin', 'UTC'],
  ['now()', '<+03>-03', 'UTC'],
  ["(now() AT TIME ZONE '-03:00'::text)", 'Europe/Berlin', 'UTC'],
])('filled by %s on a server in %s: %s', (filledBy, serverZone, expected) => {
  const defaults = new Map(filledBy === null ? [] : [['at', filledBy]]);
  const { timeZone, because } = assumedZone('at', { defaults, serverZone });
  expect(timeZone).toBe(expected);
  expect(because).not.toBe('');
});
