import { InvalidArgumentError } from 'commander';
import { instantMicros } from '../../config/instant.ts';
import { EXPECTED } from '../keys/key-times.ts';

/** Microseconds since the epoch, of an instant as `keys mint` takes it, or of one with up to six decimals. Commander says what is wrong with 64. */
export function reportInstant(text: string): bigint {
  const micros = instantMicros(text);
  if (micros !== undefined) return micros;
  throw new InvalidArgumentError(EXPECTED.replace('to the millisecond', 'to the microsecond'));
}
