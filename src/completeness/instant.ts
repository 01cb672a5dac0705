/**
 * Times as text in one form, `2026-11-23T14:00:00.000000Z`, so that texts compare as times do; of the years 0 to 9999, as Postgres's
 * clock has them.
 */
export type Instant = string;

export function instantOf(micros: bigint): Instant {
  const millis = micros >= 0n ? micros / 1000n : -((999n - micros) / 1000n);
  const rest = String(micros - millis * 1000n).padStart(3, '0');
  return `${new Date(Number(millis)).toISOString().slice(0, -1)}${rest}Z`;
}

/** Undefined for a text of another form. */
export function microsOf(text: string): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z$/.exec(text);
  if (match === null) return undefined;
  const millis = Date.parse(`${match[1]}Z`);
  return Number.isNaN(millis) ? undefined : BigInt(millis) * 1000n + BigInt((match[2] ?? '').padEnd(6, '0'));
}
