const UUID = 2950;

/** Largest values, by type. https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/catalog/pg_type.dat */
const INTEGERS: ReadonlyMap<number, bigint> = new Map([
  [20, 2n ** 63n - 1n],
  [21, 2n ** 15n - 1n],
  [23, 2n ** 31n - 1n],
]);

/** What no index on a text can hold is no id. https://www.postgresql.org/docs/current/btree.html */
const KEY_BYTES_MAX = 2_704;

/**
 * Whether a text may be a value of a type, as far as that can be said without asking: false only where Postgres would refuse it. It knows
 * other notations of whole numbers since version 16, 0x1F and 1_000.
 */
export function mayBeKey(typeOid: number, text: string): boolean {
  if (text.length > KEY_BYTES_MAX || text.includes('\0')) return false;
  if (typeOid === UUID) return /^[\da-f]{32}$/i.test(text.replaceAll(/[{}-]/g, ''));
  const largest = INTEGERS.get(typeOid);
  if (largest === undefined) return Buffer.from(text).toString() === text;
  const digits = text.trim();
  if (!/^[-+]?\d+$/.test(digits)) return /^[-+\s\da-fox_]+$/i.test(text);
  const value = BigInt(digits.replace('+', ''));
  return value <= largest && value >= -largest - 1n;
}
