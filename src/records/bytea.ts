import { ProtocolError } from '../errors.ts';
import type { ValueEncoder } from './value-encoder.ts';
import { NULL_JSON } from './value-encoder.ts';

const QUOTE = 0x22;
const PAD = 0x3d;
const BACKSLASH = 0x5c;
const LOWER_X = 0x78;
const BASE64 = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const NIBBLES = Uint8Array.from(
  { length: 256 },
  (_, byte) => Number.parseInt(String.fromCharCode(byte), 16) || 0,
);

/** `bytea` as base64 with padding; needs bytea_output=hex. https://www.postgresql.org/docs/current/datatype-binary.html */
export const byteaEncoder: ValueEncoder = {
  nullJson: NULL_JSON,
  shrinks: 2,
  write(slab, source, start, end) {
    if (source[start] !== BACKSLASH || source[start + 1] !== LOWER_X) {
      throw new ProtocolError('a bytea came in another bytea_output than hex');
    }
    const count = (end - start - 2) >> 1;
    slab.reserve(4 * Math.ceil(count / 3) + 2);
    const { bytes } = slab;
    let position = slab.position;
    bytes[position++] = QUOTE;
    for (let index = 0; index < count; index += 3) {
      const offset = start + 2 + 2 * index;
      const left = count - index;
      const first = byteAt(source, offset);
      const second = left > 1 ? byteAt(source, offset + 2) : 0;
      const third = left > 2 ? byteAt(source, offset + 4) : 0;
      bytes[position++] = BASE64[first >> 2] as number;
      bytes[position++] = BASE64[((first & 3) << 4) | (second >> 4)] as number;
      bytes[position++] = left > 1 ? (BASE64[((second & 15) << 2) | (third >> 6)] as number) : PAD;
      bytes[position++] = left > 2 ? (BASE64[third & 63] as number) : PAD;
    }
    bytes[position++] = QUOTE;
    slab.position = position;
  },
};

function byteAt(source: Uint8Array, offset: number): number {
  return (
    ((NIBBLES[source[offset] as number] as number) << 4) | (NIBBLES[source[offset + 1] as number] as number)
  );
}
