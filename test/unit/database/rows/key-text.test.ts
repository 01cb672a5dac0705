import { expect, test } from 'vitest';
import { mayBeKey } from '../../../../src/database/rows/key-text.ts';

const [INT8, INT2, INT4, TEXT, UUID] = [20, 21, 23, 25, 2950];

test.each([
  [INT8, '1'],
  [INT8, ' -01 '],
  [INT8, '+7'],
  [INT8, '9223372036854775807'],
  [INT8, '-9223372036854775808'],
  [INT8, '0x1F'],
  [INT8, '1_000'],
  [INT2, '32767'],
  [INT4, '-2147483648'],
  [TEXT, ''],
  [TEXT, 'ключ'],
  [UUID, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'],
  [UUID, '{a0eebc999c0b4ef8bb6d6bb9bd380a11}'],
])('of type %i, %j may be a key', (oid, text) => {
  expect(mayBeKey(oid, text)).toBe(true);
});

test.each([
  [INT8, ''],
  [INT8, 'system'],
  [INT8, '1.5'],
  [INT8, '9223372036854775808'],
  [INT2, '-32769'],
  [INT4, '99999999999999999999999999'],
  [TEXT, 'a\0b'],
  [TEXT, '\ud800'],
  [TEXT, 'x'.repeat(2_705)],
  [UUID, 'system'],
  [UUID, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1'],
])('of type %i, %j is none', (oid, text) => {
  expect(mayBeKey(oid, text)).toBe(false);
});
