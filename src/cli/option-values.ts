import { InvalidArgumentError } from 'commander';

/** Reads a whole number; commander adds the name of the option and says so with exit code 64. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** Reads a number that may have decimals, above 0. */
export function positiveNumber(max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (value > 0 && value <= max) return value;
    throw new InvalidArgumentError(`Expected a number above 0, at most ${max}.`);
  };
}

/** Reads a whole number that may be negative. */
export function anyWholeNumber(text: string): number {
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('Expected a whole number of at most 2^53.');
}

/** Of an option that may be given more than once. */
export function collectedText(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

const UNIT_MS = { d: 86_400_000, h: 3_600_000, m: 60_000 } as const;

/** Milliseconds of `7d`, `12h` or `30m`; undefined for anything else. */
export function durationMs(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([dhm])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

/** Decimal, as we print them. */
const UNIT_BYTES = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 } as const;
const BYTES_MAX = 1e15;

/** Reads a number of bytes, such as `5GB`, `500MB` or `64kB`. */
export function byteCount(text: string): number {
  const [, count, unit] = /^(\d{1,15})(B|kB|MB|GB|TB)$/.exec(text) ?? [];
  const bytes = count === undefined ? 0 : Number(count) * UNIT_BYTES[unit as keyof typeof UNIT_BYTES];
  if (bytes > 0 && bytes <= BYTES_MAX) return bytes;
  throw new InvalidArgumentError('Expected a size such as 5GB, 500MB or 64kB, at most 1000TB.');
}
