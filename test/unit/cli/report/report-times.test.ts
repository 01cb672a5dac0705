import { expect, it } from 'vitest';
import { reportInstant } from '../../../../src/cli/report/report-times.ts';

it.each([
  ['2026-11-23', 1_795_392_000_000_000n],
  ['2026-11-23T14:00:00.123456Z', 1_795_442_400_123_456n],
  ['2026-11-23T14:00:00.5Z', 1_795_442_400_500_000n],
  ['2026-11-23T15:00:00.000001+01:00', 1_795_442_400_000_001n],
  ['2026-11-23T14:00Z', 1_795_442_400_000_000n],
  ['1969-12-31T23:59:59.999999Z', -1n],
])('%s is %d', (text, micros) => {
  expect(reportInstant(text)).toBe(micros);
});

it.each([
  '',
  'yesterday',
  '2026-02-30',
  '2026-11-23T14:00:00',
  '2026-11-23T14:00:00.1234567Z',
  '2026-11-23T14:00:00.123456',
])('refuses %j', (text) => {
  expect(() => reportInstant(text)).toThrow('to the microsecond');
});
