import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import { valueJson } from './value-json.ts';

const BYTEA = 17;

test('any bytes are base64 as Node writes it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      expect(valueJson(BYTEA, `\\x${buffer.toString('hex')}`)).toBe(`"${buffer.toString('base64')}"`);
    }),
  );
});

test('the escape format is not taken for hex', () => {
  expect(() => valueJson(BYTEA, '\\336\\255')).toThrow(ProtocolError);
});
