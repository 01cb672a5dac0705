import { InvalidArgumentError } from 'commander';

const INSTANT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(Z|[+-]\d\d:?\d\d))?$/;
const EXPECTED =
  'Expected an instant such as 2026-11-23T14:00:00Z or 2026-11-23T14:00+01:00, to the millisecond, or a day such as 2026-11-23, which begins at midnight UTC.';

/** Milliseconds since the epoch. Commander adds the name of the option and says what is wrong with exit code 64. */
export function instant(text: string): number {
  const [, day = '', minutes = '00:00', seconds = '00', fraction = '', zone = 'Z'] = INSTANT.exec(text) ?? [];
  const offset = zone.replace(/^(.\d\d)(\d\d)$/, '$1:$2');
  const ms = Date.parse(`${day}T${minutes}:${seconds}.${fraction.padEnd(3, '0')}${offset}`);
  // The 30th of February would be read as a day of March.
  if (Number.isNaN(ms) || !isDay(day)) throw new InvalidArgumentError(EXPECTED);
  return ms;
}

function isDay(day: string): boolean {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day);
}

const UNIT_MS = { d: 86_400_000, h: 3_600_000, m: 60_000 } as const;

/** When something ends, if it begins now: `7d`, `12h`, `30m` or an instant. Milliseconds since the epoch. */
export function expiry(nowMs: number): (text: string) => number {
  return (text) => {
    const [, count, unit] = /^(\d{1,6})([dhm])$/.exec(text) ?? [];
    const ms =
      count === undefined
        ? expiryInstant(text)
        : nowMs + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
    if (ms < nowMs + 1000) throw new InvalidArgumentError('That is over already.');
    return ms;
  };
}

function expiryInstant(text: string): number {
  try {
    return instant(text);
  } catch {
    throw new InvalidArgumentError(
      `Expected days, hours or minutes such as 7d, 12h or 30m, or an instant. ${EXPECTED}`,
    );
  }
}
