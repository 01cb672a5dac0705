import type { JsonScanner } from './json-scanner.ts';

/** A column as a message describes it. `typeModifier` is undefined where the type's name does not tell it. */
export type Described = {
  readonly name: string;
  readonly typeOid: number;
  readonly typeModifier: number | undefined;
  /** The bytes that say so, up to the value: the same in every message until the column is altered. */
  readonly head: Buffer;
};

const TYPE_OID = ',"typeoid":';
const VALUE = '"value":';
/** A type's name is no JSON when it has to be quoted, as `"S".t`. */
const HEAD = /^\{"name":("(?:[^"\\]|\\.)*"),"type":(.*),"typeoid":(-?\d+),"value":$/s;

/** Array types have the modifier of their elements. https://www.postgresql.org/docs/current/catalog-pg-attribute.html */
const NUMERIC_OIDS = new Set([1700, 1231]);
const LENGTH_OIDS = new Set([1043, 1015, 1042, 1014]);
const PLAIN_OIDS = new Set([1560, 1561, 1562, 1563, 1083, 1183, 1114, 1115, 1184, 1185, 1266, 1270]);
/** Of a numeric and of a text's length: the header of a variable-length value is counted in. */
const HEADER_BYTES = 4;

/** Reads what stands before a column's value. */
export function readHead(scanner: JsonScanner): Described {
  const { bytes, position } = scanner;
  // Within a name every quote is escaped or doubled, so neither of these can be part of one.
  const typeOid = bytes.indexOf(TYPE_OID, position);
  const value = typeOid === -1 ? -1 : bytes.indexOf(VALUE, typeOid);
  const head = Buffer.from(bytes.subarray(position, value + VALUE.length));
  const [, name, type = '', oid] = HEAD.exec(head.toString()) ?? [];
  if (value === -1 || name === undefined) throw scanner.unexpected();
  scanner.position += head.length;
  // Printed with a sign.
  const unsigned = Number(oid) >>> 0;
  return {
    name: JSON.parse(name) as string,
    typeOid: unsigned,
    typeModifier: typeModifier(unsigned, type),
    head,
  };
}

/**
 * `atttypmod`, out of the name that `format_type` makes of it.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/numeric.c (make_numeric_typmod)
 */
function typeModifier(typeOid: number, name: string): number | undefined {
  const known = [NUMERIC_OIDS, LENGTH_OIDS, PLAIN_OIDS].some((oids) => oids.has(typeOid));
  if (!known) return undefined;
  const [, first, second = '0'] = /\((\d+)(?:,(-?\d+))?\)/.exec(name) ?? [];
  if (first === undefined) return -1;
  if (LENGTH_OIDS.has(typeOid)) return Number(first) + HEADER_BYTES;
  if (PLAIN_OIDS.has(typeOid)) return Number(first);
  return ((Number(first) << 16) | (Number(second) & 0x7ff)) + HEADER_BYTES;
}
