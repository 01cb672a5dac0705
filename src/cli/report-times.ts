import { InvalidArgumentError } from 'commander';
import { instant } from './key-times.ts';

/** Microseconds since the epoch, of an instant as `keys mint` takes it, or of one with up to six decimals. Commander says what is wrong with 64. */
export function instantMicros(text: string): bigint {
  const [, before = text, fraction = '', zone = ''] = /^(.*:\d\d)\.(\d{1,6})(\D.*)$/.exec(text) ?? [];
  try {
    return BigInt(instant(`${before}${zone}`)) * 1000n + BigInt(fraction.padEnd(6, '0'));
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new InvalidArgumentError(error.message.replace('to the millisecond', 'to the microsecond'));
  }
}
