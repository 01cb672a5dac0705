/** Stands for every number beyond the greatest double. */
const BEYOND = '1e999';

/**
 * The shortest decimal that is read as this double, as `Number::toString` finds it, but never with an exponent; of minus zero `0`.
 * https://tc39.es/ecma262/#sec-numeric-types-number-tostring
 */
export function plainDecimal(value: number): string {
  const text = String(value);
  if (Number.isFinite(value)) return text.includes('e') ? withoutExponent(text) : text;
  if (Number.isNaN(value)) throw new TypeError('no number of JSON');
  return value > 0 ? BEYOND : `-${BEYOND}`;
}

/** Only numbers from 1e21 on, and those below 1e-6, come with one. */
function withoutExponent(text: string): string {
  const sign = text.startsWith('-') ? '-' : '';
  const [mantissa = '', exponent = ''] = text.slice(sign.length).split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  return point > 0 ? `${sign}${digits.padEnd(point, '0')}` : `${sign}0.${'0'.repeat(-point)}${digits}`;
}
