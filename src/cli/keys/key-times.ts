import { InvalidArgumentError } from 'commander';
import { instantMicros } from '../../config/instant.ts';
import { durationMs } from '../option-values.ts';

export const EXPECTED =
  'Expected an instant such as 2026-11-23T14:00:00Z or 2026-11-23T14:00+01:00, to the millisecond, or a day such as 2026-11-23, which begins at midnight UTC.';

/** Milliseconds since the epoch. Commander adds the name of the option and says what is wrong with exit code 64. */
export function instant(text: string): number {
  const micros = instantMicros(text);
  if (micros === undefined || micros % 1000n !== 0n) throw new InvalidArgumentError(EXPECTED);
  return Number(micros / 1000n);
}

/** When something ends, if it begins now: `7d`, `12h`, `30m` or an instant. Milliseconds since the epoch. */
export function expiry(nowMs: number): (text: string) => number {
  return (text) => {
    const lastingMs = durationMs(text);
    const ms = lastingMs === undefined ? expiryInstant(text) : nowMs + lastingMs;
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
