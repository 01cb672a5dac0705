import { readDigits, writeYear } from './calendar.ts';
import { Constant, type Slab } from './slab.ts';
import type { TimeZone } from './time-zone.ts';
import { endOfYear, isInfinite, notIso, TimestampParts } from './timestamp-parts.ts';
import { NULL_JSON, plainEncoder, type ValueEncoder, type ValueWriter } from './value-encoder.ts';

const QUOTE = 0x22;
const MINUS = 0x2d;
const UPPER_C = 0x43;

export type TimestampOptions = {
  /** `timestamptz`: its text ends in an offset. */
  readonly zoned: boolean;
  /** Where a `timestamp` without zone was written down; undefined is UTC. */
  readonly timeZone: TimeZone | undefined;
  /** `,"<name>_ms":` to write milliseconds since 1970 behind the text, rounded down. */
  readonly millisKey: Constant | undefined;
  /** JSON of `infinity` and `-infinity`: null, or their text as a string. */
  readonly keepsInfinity: boolean;
};

/** Postgres's ISO text as ISO 8601 in UTC, with the fraction as Postgres prints it. Needs DateStyle=ISO and TimeZone=UTC. */
export function timestampEncoder(options: TimestampOptions): ValueEncoder {
  const { millisKey } = options;
  const nullJson = millisKey
    ? new Constant(Buffer.concat([NULL_JSON.bytes, millisKey.bytes, NULL_JSON.bytes]))
    : NULL_JSON;
  const parts = new TimestampParts();
  const write: ValueWriter = (slab, source, start, end) => {
    if (isInfinite(source, start)) {
      if (options.keepsInfinity) writeQuoted(slab, source, start, end);
      else slab.append(nullJson);
      return;
    }
    parts.read(source, start, end, options.zoned);
    if (options.timeZone) parts.shift(options.timeZone);
    parts.write(slab, source);
    if (millisKey) {
      slab.append(millisKey);
      parts.writeMillis(slab, source);
    }
  };
  return { write, nullJson, shrinks: 1 };
}

/** `date` as ISO 8601; needs DateStyle=ISO. */
export function dateEncoder(keepsInfinity: boolean): ValueEncoder {
  const write: ValueWriter = (slab, source, start, end) => {
    if (isInfinite(source, start)) {
      if (keepsInfinity) writeQuoted(slab, source, start, end);
      else slab.append(NULL_JSON);
      return;
    }
    const isBc = source[end - 1] === UPPER_C;
    const stop = isBc ? end - 3 : end;
    const dash = endOfYear(source, start, stop);
    if (stop !== dash + 6 || source[dash + 3] !== MINUS) throw notIso('date');
    slab.appendByte(QUOTE);
    const year = readDigits(source, start, dash);
    writeYear(slab, isBc ? 1 - year : year);
    slab.appendRange(source, dash, stop);
    slab.appendByte(QUOTE);
  };
  return { write, nullJson: NULL_JSON, shrinks: 1 };
}

/** The hour or the day of a timestamp in UTC: the beginning of its own text, by which records are counted. Infinities have none. */
export function periodEncoder(
  period: 'hour' | 'day',
  { zoned, timeZone }: Pick<TimestampOptions, 'zoned' | 'timeZone'>,
): ValueEncoder {
  const parts = new TimestampParts();
  const hasHour = period === 'hour';
  return plainEncoder((slab, source, start, end) => {
    if (isInfinite(source, start)) {
      slab.append(NULL_JSON);
      return;
    }
    parts.read(source, start, end, zoned);
    if (timeZone) parts.shift(timeZone);
    parts.writePeriod(slab, hasHour);
  });
}

function writeQuoted(slab: Slab, source: Uint8Array, start: number, end: number): void {
  slab.appendByte(QUOTE);
  slab.appendRange(source, start, end);
  slab.appendByte(QUOTE);
}
