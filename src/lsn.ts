/** A position in the WAL: a byte offset, as Postgres's `pg_lsn`. Text only at the edges. */
export type Lsn = bigint & { readonly __lsn: unique symbol };

/** Before every position; Postgres prints it as 0/0 and never hands it out. */
export const LSN_ZERO = 0n as Lsn;

/**
 * Reads Postgres's text form, two hexadecimal halves joined by a slash. Throws a RangeError on anything else.
 * https://www.postgresql.org/docs/current/datatype-pg-lsn.html
 */
export function parseLsn(text: string): Lsn {
  const match = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text);
  if (match === null) throw new RangeError(`not a log sequence number: ${JSON.stringify(text)}`);
  return ((BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`)) as Lsn;
}

/** The text form as Postgres prints it: no leading zeros, upper case. */
export function formatLsn(lsn: Lsn): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffffffffn).toString(16)}`.toUpperCase();
}
