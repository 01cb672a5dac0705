import { InvalidArgumentError } from 'commander';
import { instantMicros } from '../config/instant.ts';

export const EXPECTED =
  'Expected an instant such as 2026-11-23T14:00:00Z or 2026-11-23T14:00+01:00, to the millisecond, or a day such as 2026-11-23, which begins at midnight UTC.';

/** Milliseconds since the epoch. Commander adds the name of the option and says what is wrong with exit code 64. */
export function instant(text: string): number {
  const micros = instantMicros(text);
  if (micros === undefined || micros % 1000n !== 0n) throw new InvalidArgumentError(EXPECTED);
  return Number(micros / 1000n);
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
