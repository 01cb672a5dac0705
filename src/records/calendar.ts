import { writeDigits } from './numbers.ts';
import type { Slab } from './slab.ts';

const DAYS_PER_CYCLE = 146_097;
const DAYS_BEFORE_1970 = 719_468;
const MINUS = 0x2d;
const PLUS = 0x2b;

/** Astronomical year: 1 BC is 0, 2 BC is -1. */
export type Day = { readonly year: number; readonly month: number; readonly day: number };

/**
 * Days since 1970-01-01 in the proleptic Gregorian calendar, which Postgres uses as well. Years are taken to begin in March, so that the
 * leap day is the last of its year; 400 of them are a cycle.
 */
export function daysSinceEpoch(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const cycle = Math.floor(marchYear / 400);
  const yearOfCycle = marchYear - cycle * 400;
  const monthOfYear = (month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthOfYear + 2) / 5) + day - 1;
  const dayOfCycle =
    yearOfCycle * 365 + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100) + dayOfYear;
  return cycle * DAYS_PER_CYCLE + dayOfCycle - DAYS_BEFORE_1970;
}

/** The inverse of `daysSinceEpoch`. */
export function dayOf(daysSince1970: number): Day {
  const days = daysSince1970 + DAYS_BEFORE_1970;
  const cycle = Math.floor(days / DAYS_PER_CYCLE);
  const dayOfCycle = days - cycle * DAYS_PER_CYCLE;
  const leapDays =
    Math.floor(dayOfCycle / 1_460) - Math.floor(dayOfCycle / 36_524) + Math.floor(dayOfCycle / 146_096);
  const yearOfCycle = Math.floor((dayOfCycle - leapDays) / 365);
  const dayOfYear =
    dayOfCycle - (365 * yearOfCycle + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100));
  const monthOfYear = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthOfYear < 10 ? monthOfYear + 3 : monthOfYear - 9;
  return {
    year: cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthOfYear + 2) / 5) + 1,
  };
}

/**
 * Writes a year as ISO 8601 does: four digits from 0000 (1 BC) to 9999, beyond them a sign and at least six digits, the form that
 * JavaScript reads. https://tc39.es/ecma262/#sec-expanded-years
 */
export function writeYear(slab: Slab, year: number): void {
  slab.reserve(8);
  const { bytes } = slab;
  if (year >= 0 && year <= 9999) {
    slab.position = writeDigits(bytes, slab.position, year, 4);
    return;
  }
  bytes[slab.position] = year < 0 ? MINUS : PLUS;
  const magnitude = Math.abs(year);
  slab.position = writeDigits(bytes, slab.position + 1, magnitude, magnitude > 999_999 ? 7 : 6);
}

/** The number that decimal digits `source[start, end)` make. */
export function readDigits(source: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let offset = start; offset < end; offset++) value = value * 10 + (source[offset] as number) - 0x30;
  return value;
}
