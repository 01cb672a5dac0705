import { ProtocolError } from '../errors.ts';
import { dayOf, daysSinceEpoch, readDigits, writeYear } from './calendar.ts';
import { writeDigits, writeInteger } from './numbers.ts';
import type { Slab } from './slab.ts';
import type { TimeZone } from './time-zone.ts';

const QUOTE = 0x22;
const MINUS = 0x2d;
const COLON = 0x3a;
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
const PLUS = 0x2b;
const DOT = 0x2e;
const UPPER_C = 0x43;
const UPPER_T = 0x54;
const UPPER_Z = 0x5a;
const LOWER_I = 0x69;
const DAY_S = 86_400;
const DATE_LENGTH = 'YYYY-MM-DD'.length;

/** The parts of one timestamp; kept between values so that reading one allocates nothing. */
export class TimestampParts {
  #year = 0;
  #month = 0;
  #day = 0;
  /** Since 1970-01-01. */
  #days = 0;
  #secondOfDay = 0;
  #start = 0;
  /** Whether the text needs nothing but the T and the Z: UTC already, in a year of four digits of our era. */
  #isPlain = false;
  /** The fraction with its dot, or empty. */
  #fractionStart = 0;
  #fractionEnd = 0;

  read(source: Uint8Array, start: number, end: number, zoned: boolean): void {
    const isBc = source[end - 1] === UPPER_C;
    let stop = isBc ? end - 3 : end;
    if (zoned) {
      if (source[stop - 3] !== PLUS || source[stop - 2] !== ZERO || source[stop - 1] !== ZERO) {
        throw new ProtocolError('a timestamp with time zone came with another TimeZone than UTC');
      }
      stop -= 3;
    }
    const dash = endOfYear(source, start, stop);
    const time = dash + 7;
    if (source[dash + 3] !== MINUS || source[dash + 6] !== SPACE || source[time + 2] !== COLON) {
      throw notIso('timestamp');
    }
    if (stop > time + 8 && source[time + 8] !== DOT) throw notIso('timestamp');
    const year = readDigits(source, start, dash);
    this.#setDay(
      isBc ? 1 - year : year,
      readDigits(source, dash + 1, dash + 3),
      readDigits(source, dash + 4, dash + 6),
    );
    this.#secondOfDay =
      readDigits(source, time, time + 2) * 3600 +
      readDigits(source, time + 3, time + 5) * 60 +
      readDigits(source, time + 6, time + 8);
    this.#start = start;
    this.#isPlain = !isBc && dash === start + 4;
    this.#fractionStart = time + 8;
    this.#fractionEnd = stop;
  }

  /** Rows follow each other in time, so the day is mostly that of the value before. */
  #setDay(year: number, month: number, day: number): void {
    if (day === this.#day && month === this.#month && year === this.#year) return;
    this.#year = year;
    this.#month = month;
    this.#day = day;
    this.#days = daysSinceEpoch(year, month, day);
  }

  /** From a zone's local time to UTC. */
  shift(zone: TimeZone): void {
    const local = this.#days * DAY_S + this.#secondOfDay;
    const utc = local - zone.offsetSAt(local);
    const days = Math.floor(utc / DAY_S);
    const { year, month, day } = dayOf(days);
    this.#setDay(year, month, day);
    this.#secondOfDay = utc - days * DAY_S;
    this.#isPlain = false;
  }

  write(slab: Slab, source: Uint8Array): void {
    if (this.#isPlain) this.#writePlain(slab, source);
    else this.#writeParts(slab, source);
  }

  #writePlain(slab: Slab, source: Uint8Array): void {
    const start = this.#start;
    const count = this.#fractionEnd - start;
    slab.reserve(count + 3);
    const { bytes, position } = slab;
    bytes[position] = QUOTE;
    for (let offset = 0; offset < count; offset++)
      bytes[position + 1 + offset] = source[start + offset] as number;
    bytes[position + 1 + DATE_LENGTH] = UPPER_T;
    bytes[position + 1 + count] = UPPER_Z;
    bytes[position + 2 + count] = QUOTE;
    slab.position = position + 3 + count;
  }

  #writeParts(slab: Slab, source: Uint8Array): void {
    slab.appendByte(QUOTE);
    writeYear(slab, this.#year);
    slab.reserve(16);
    const { bytes } = slab;
    const secondOfDay = this.#secondOfDay;
    let position = writeTwoDigits(bytes, slab.position, MINUS, this.#month);
    position = writeTwoDigits(bytes, position, MINUS, this.#day);
    position = writeTwoDigits(bytes, position, UPPER_T, (secondOfDay / 3600) | 0);
    position = writeTwoDigits(bytes, position, COLON, ((secondOfDay / 60) | 0) % 60);
    slab.position = writeTwoDigits(bytes, position, COLON, secondOfDay % 60);
    slab.appendRange(source, this.#fractionStart, this.#fractionEnd);
    slab.reserve(2);
    slab.bytes[slab.position++] = UPPER_Z;
    slab.bytes[slab.position++] = QUOTE;
  }

  /** The day, and where `hasHour` its hour, as a string: the beginning of what `write` writes. */
  writePeriod(slab: Slab, hasHour: boolean): void {
    slab.appendByte(QUOTE);
    writeYear(slab, this.#year);
    slab.reserve(10);
    const { bytes } = slab;
    let position = writeTwoDigits(bytes, slab.position, MINUS, this.#month);
    position = writeTwoDigits(bytes, position, MINUS, this.#day);
    if (hasHour) position = writeTwoDigits(bytes, position, UPPER_T, (this.#secondOfDay / 3600) | 0);
    bytes[position] = QUOTE;
    slab.position = position + 1;
  }

  /** Since 1970; exact up to the largest integer that a number holds, and in order beyond it. */
  micros(source: Uint8Array): number {
    return (this.#days * DAY_S + this.#secondOfDay) * 1_000_000 + this.#fraction(source, 6);
  }

  /** Its first digits, as a number. */
  #fraction(source: Uint8Array, digits: number): number {
    let value = 0;
    for (let digit = 1; digit <= digits; digit++) {
      const offset = this.#fractionStart + digit;
      value = value * 10 + (offset < this.#fractionEnd ? (source[offset] as number) - ZERO : 0);
    }
    return value;
  }

  writeMillis(slab: Slab, source: Uint8Array): void {
    const millis = this.#fraction(source, 3);
    const seconds = this.#days * DAY_S + this.#secondOfDay;
    const total = seconds * 1000 + millis;
    if (Number.isSafeInteger(total)) {
      writeInteger(slab, total);
      return;
    }
    // Only far in the future, from the year 287396 on: the digits are still exact.
    writeInteger(slab, seconds);
    slab.reserve(3);
    slab.position = writeDigits(slab.bytes, slab.position, millis, 3);
  }
}

function writeTwoDigits(bytes: Uint8Array, position: number, separator: number, value: number): number {
  const tens = (value / 10) | 0;
  bytes[position] = separator;
  bytes[position + 1] = ZERO + tens;
  bytes[position + 2] = ZERO + value - 10 * tens;
  return position + 3;
}

export function isInfinite(source: Uint8Array, start: number): boolean {
  return infinityAt(source, start) !== 0;
}

/** 1 for `infinity`, -1 for `-infinity`, 0 for what can be read. */
export function infinityAt(source: Uint8Array, start: number): -1 | 0 | 1 {
  if (source[start] === LOWER_I) return 1;
  return source[start] === MINUS && source[start + 1] === LOWER_I ? -1 : 0;
}

/** Where the year's digits, at least four, end in a dash. */
export function endOfYear(source: Uint8Array, start: number, end: number): number {
  let offset = start;
  while (offset < end && (source[offset] as number) >= ZERO && (source[offset] as number) <= NINE) offset++;
  if (offset - start < 4 || source[offset] !== MINUS) throw notIso('date');
  return offset;
}

export function notIso(type: string): ProtocolError {
  return new ProtocolError(`a ${type} came in another DateStyle than ISO`);
}
