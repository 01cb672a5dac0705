import { RecordError } from '../errors.ts';
import { writeJsonText } from './json-text.ts';
import type { Slab } from './slab.ts';
import { type ValueWriter, writeNull } from './value-encoder.ts';

const ZERO = 0x30;
const MINUS = 0x2d;
const UPPER_I = 0x49;
const UPPER_N = 0x4e;
const SAFE_INTEGER_MAX = Buffer.from('9007199254740991');
/** Decimal digits that every double keeps. */
const DOUBLE_DIGITS = 15;
/** Far from where doubles overflow or vanish. */
const SCALE_MAX = 100;

/** int8: beyond 2^53 - 1 readers of JSON would round, so there it is a string. */
export const writeInt8: ValueWriter = (slab, source, start, end) => {
  const digits = source[start] === MINUS ? start + 1 : start;
  const isSafe =
    end - digits < SAFE_INTEGER_MAX.length ||
    (end - digits === SAFE_INTEGER_MAX.length && !isAbove(source, digits, SAFE_INTEGER_MAX));
  if (isSafe) slab.appendRange(source, start, end);
  else writeJsonText(slab, source, start, end);
};

/** float4, float8 and numeric as numbers: JSON has no NaN and no infinities. */
export const writeFiniteNumber: ValueWriter = (slab, source, start, end) => {
  if (isFiniteText(source, start)) slab.appendRange(source, start, end);
  else writeNull(slab);
};

/** numeric as a string, every digit of it; NaN and infinities are null as in a number. */
export const writeFiniteText: ValueWriter = (slab, source, start, end) => {
  if (isFiniteText(source, start)) writeJsonText(slab, source, start, end);
  else writeNull(slab);
};

/**
 * Whether every value of `numeric(p,s)` keeps all its digits in a double. The modifier is `(p << 16 | s) + 4`, s having 11 bits with sign.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/numeric.c
 */
export function fitsDouble(modifier: number): boolean {
  if (modifier < 4) return false;
  const precision = ((modifier - 4) >> 16) & 0xffff;
  const scale = (((modifier - 4) & 0x7ff) ^ 0x400) - 0x400;
  return precision <= DOUBLE_DIGITS && Math.abs(scale) <= SCALE_MAX;
}

/** A text column read as a number: what Postgres takes for a numeric, without its NaN and infinities. `subject` names the column. */
export function textAsNumber(subject: string): ValueWriter {
  return (slab, source, start, end) => {
    const text = Buffer.from(source.buffer, source.byteOffset + start, end - start).toString('latin1');
    const match = /^\s*([+-]?)(\d+|(?=\.\d))(?:\.(\d*))?([eE][+-]?\d+)?\s*$/.exec(text);
    if (match === null) {
      throw new RecordError('unreadable-value', `${subject} holds text that is not a number`, {
        remedy: 'leave out `as: "number"` for this attribute, or correct the row',
      });
    }
    const [, sign = '', whole = '', fraction = '', exponent = ''] = match;
    const digits = whole.replace(/^0+(?=\d)/, '') || '0';
    const decimals = fraction === '' ? '' : `.${fraction}`;
    const number = Buffer.from(`${sign === '-' ? '-' : ''}${digits}${decimals}${exponent}`);
    slab.appendRange(number, 0, number.length);
  };
}

/** Writes an integer of at most 2^53 - 1 in magnitude. */
export function writeInteger(slab: Slab, value: number): void {
  slab.reserve(17);
  const { bytes } = slab;
  let position = slab.position;
  if (value < 0) bytes[position++] = MINUS;
  const magnitude = Math.abs(value);
  // Two halves, so that the digits are taken apart in 32-bit arithmetic.
  const high = Math.floor(magnitude / 1e8);
  const low = magnitude - high * 1e8;
  const first = high === 0 ? low : high;
  let width = 1;
  for (let limit = 10; first >= limit; limit *= 10) width++;
  position = writeDigits(bytes, position, first, width);
  if (high !== 0) position = writeDigits(bytes, position, low, 8);
  slab.position = position;
}

/** Writes the last `width` decimal digits of an int32, zeros in front, and answers where it stopped. */
export function writeDigits(bytes: Uint8Array, position: number, value: number, width: number): number {
  let rest = value | 0;
  for (let offset = position + width - 1; offset >= position; offset--) {
    const next = (rest / 10) | 0;
    bytes[offset] = ZERO + rest - next * 10;
    rest = next;
  }
  return position + width;
}

function isFiniteText(source: Uint8Array, start: number): boolean {
  const first = source[start];
  return first !== UPPER_N && first !== UPPER_I && (first !== MINUS || source[start + 1] !== UPPER_I);
}

/** Digits of equal count compare as bytes do. */
function isAbove(source: Uint8Array, start: number, limit: Uint8Array): boolean {
  for (let index = 0; index < limit.length; index++) {
    const difference = (source[start + index] as number) - (limit[index] as number);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
