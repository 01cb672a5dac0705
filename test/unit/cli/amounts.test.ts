import { expect, it } from 'vitest';
import { barText, bytesText, counted, countText, secondsText } from '../../../src/cli/amounts.ts';

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [12_345, '12.3 kB'],
  [999_960, '1.0 MB'],
  [67_108_864, '67.1 MB'],
  [2 ** 53, '9007 TB'],
])('%d bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

it.each([
  [0, '0 ms'],
  [0.34, '340 ms'],
  [12.34, '12.3 s'],
  [600, '10 min'],
  [36_000, '10 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(secondsText(seconds)).toBe(text);
});

it('groups the digits of counts', () => {
  expect(countText(1_234_567)).toBe('1,234,567');
});

it('has one of a thing, and several', () => {
  expect([0, 1, 1_234].map((count) => counted(count, 'record'))).toEqual([
    '0 records',
    '1 record',
    '1,234 records',
  ]);
});

it('a bar is full where all is done, and not before', () => {
  expect([0, 0.5, 0.999, 1].map((share) => barText(share).replaceAll(/[^#]/g, '').length)).toEqual([
    0, 12, 23, 24,
  ]);
});
