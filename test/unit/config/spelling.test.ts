import { expect, it } from 'vitest';
import { nearest } from '../../../src/config/spelling.ts';

const KEYS = ['slot', 'publication', 'plugin', 'recordBytesMax'];

it.each([
  ['slto', 'slot'],
  ['publicaton', 'publication'],
  ['Publications', 'publication'],
  ['record_bytes_max', 'recordBytesMax'],
  ['plugn', 'plugin'],
  ['password', undefined],
  ['x', undefined],
])('%s -> %s', (word, expected) => {
  expect(nearest(word, KEYS)).toBe(expected);
});
