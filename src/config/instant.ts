const INSTANT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(Z|[+-]\d\d(?::?\d\d)?))?$/;

export const instantText =
  'an instant such as "2026-01-01T00:00:00Z", or a day, which begins at midnight UTC';

/** Microseconds since 1970 of an ISO 8601 text; undefined when it is none. */
export function instantMicros(text: string): bigint | undefined {
  const [, day = '', minutes = '00:00', seconds = '00', fraction = '', zone = 'Z'] = INSTANT.exec(text) ?? [];
  const offset = zone.replace(/^(.\d\d):?(\d\d)?$/, (_, hours, rest = '00') => `${hours}:${rest}`);
  const ms = Date.parse(`${day}T${minutes}:${seconds}${offset}`);
  const midnight = Date.parse(`${day}T00:00:00Z`);
  // The 30th of February would be read as a day of March.
  if (Number.isNaN(ms) || !new Date(midnight).toISOString().startsWith(day)) return undefined;
  return BigInt(ms) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

/** `2026-01-01T00:00:00.000000Z`, as Postgres reads it as well. */
export function microsText(micros: bigint): string {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((micros - rest) / 1_000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(rest).padStart(6, '0')}Z`;
}
