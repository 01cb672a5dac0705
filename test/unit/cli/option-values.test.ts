import { InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';
import { byteCount, durationMs } from '../../../src/cli/option-values.ts';

test.each([
  ['7d', 604_800_000],
  ['12h', 43_200_000],
  ['30m', 1_800_000],
  ['0m', 0],
  ['', undefined],
  ['7', undefined],
  ['-7d', undefined],
  ['7 d', undefined],
  ['7D', undefined],
  ['1.5h', undefined],
  ['7d12h', undefined],
  ['never', undefined],
  ['1000000d', undefined],
])('a duration of %j', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

test.each([
  ['1B', 1],
  ['64kB', 64_000],
  ['500MB', 500_000_000],
  ['5GB', 5_000_000_000],
  ['1000TB', 1e15],
])('a size of %j', (text, bytes) => {
  expect(byteCount(text)).toBe(bytes);
});

test.each(['', '5', '0GB', '5gb', '5 GB', '1.5GB', '5GiB', '-5GB', '1001TB', '9999999999999999B'])(
  'not a size: %j',
  (text) => {
    expect(() => byteCount(text)).toThrow(InvalidArgumentError);
  },
);
