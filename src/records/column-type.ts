import type { TypeCatalog } from '../database/type-catalog.ts';
import { ConfigError, UnknownTypeError } from '../errors.ts';
import { arrayEncoder, vectorWriter } from './arrays.ts';
import { byteaEncoder } from './bytea.ts';
import { writeJsonText } from './json-text.ts';
import { fitsDouble, textAsNumber, writeFiniteNumber, writeFiniteText, writeInt8 } from './numbers.ts';
import { Constant } from './slab.ts';
import type { TimeZone } from './time-zone.ts';
import { dateEncoder, periodEncoder, timestampEncoder } from './timestamps.ts';
import { plainEncoder, type ValueEncoder, type ValueWriter, writeUntouched } from './value-encoder.ts';

/** Fixed for good. https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/catalog/pg_type.dat */
const OID = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int2vector: 22,
  int4: 23,
  text: 25,
  oid: 26,
  oidvector: 30,
  json: 114,
  float4: 700,
  float8: 701,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
  jsonb: 3802,
} as const;

/** Types made by users and extensions begin here. https://www.postgresql.org/docs/current/system-catalog-initial-data.html#SYSTEM-CATALOG-OID-ASSIGNMENT */
const FIRST_USER_OID = 16_384;
const LOWER_T = 0x74;

/** A type as columns have it: with its modifier, -1 where it takes none. */
export type ColumnType = { readonly oid: number; readonly modifier: number };

export type Conversion = {
  readonly as: 'number' | 'string' | 'hour' | 'day' | undefined;
  /** Zone of a `timestamp` without one; undefined is UTC. */
  readonly timeZone: TimeZone | undefined;
  /** Written between a timestamp and its milliseconds; undefined leaves these out. */
  readonly millisKey: Constant | undefined;
  /** Names the column in errors. */
  readonly subject: string;
};

/** The type beneath domains, with the modifier that the innermost of them gives it. Throws an UnknownTypeError. */
export function underlyingType(type: ColumnType, types: TypeCatalog): ColumnType {
  let { oid, modifier } = type;
  for (let found = lookUp(oid, types); found?.kind === 'd'; found = lookUp(oid, types)) {
    if (found.baseModifier !== -1) modifier = found.baseModifier;
    oid = found.baseOid;
  }
  return { oid, modifier };
}

/** Of which of the types that have functions for a part of a value it is, if any. */
export function storedType(type: ColumnType, types: TypeCatalog): 'text' | 'bytea' | undefined {
  const { oid } = underlyingType(type, types);
  if (oid === OID.bytea) return 'bytea';
  return oid === OID.text || oid === OID.varchar ? 'text' : undefined;
}

/** Whether `<name>_ms` stands beside the value. */
export function hasMillis(type: ColumnType, types: TypeCatalog): boolean {
  const { oid } = underlyingType(type, types);
  return oid === OID.timestamp || oid === OID.timestamptz;
}

/**
 * How values of a type become JSON, decided once. A modifier goes down to an array's elements. Throws a ConfigError when the type
 * does not allow the conversion, an UnknownTypeError when the catalog does not have it.
 */
export function valueEncoder(type: ColumnType, types: TypeCatalog, conversion: Conversion): ValueEncoder {
  const base = underlyingType(type, types);
  const found = lookUp(base.oid, types);
  if (base.oid === OID.int2vector || base.oid === OID.oidvector) return plainEncoder(vectorWriter);
  if (found !== undefined && found.elementOid !== 0) {
    const elements = valueEncoder({ oid: found.elementOid, modifier: base.modifier }, types, conversion);
    return arrayEncoder(elements, found.delimiter);
  }
  if (conversion.timeZone !== undefined && base.oid !== OID.timestamp) {
    throw new ConfigError(`${conversion.subject} has a timeZone, but is not a timestamp without time zone`, {
      remedy: 'leave out `timeZone` for this attribute',
    });
  }
  if (conversion.as === 'number') return numberEncoder(base.oid, conversion.subject);
  if (conversion.as === 'string') return textEncoder(base.oid, conversion);
  if (conversion.as !== undefined) return timeEncoder(base.oid, conversion.as, conversion);
  return naturalEncoder(base, conversion);
}

function naturalEncoder({ oid, modifier }: ColumnType, conversion: Conversion): ValueEncoder {
  switch (oid) {
    case OID.int2:
    case OID.int4:
    case OID.oid:
    case OID.json:
    case OID.jsonb:
      return plainEncoder(writeUntouched);
    case OID.int8:
      return plainEncoder(writeInt8);
    case OID.float4:
    case OID.float8:
      return plainEncoder(writeFiniteNumber);
    case OID.numeric:
      return plainEncoder(fitsDouble(modifier) ? writeFiniteNumber : writeFiniteText);
    case OID.bool:
      return plainEncoder(booleanWriter('true', 'false'));
    case OID.bytea:
      return byteaEncoder;
    case OID.date:
      return dateEncoder(false);
    case OID.timestamp:
    case OID.timestamptz:
      return timestampEncoder({ ...conversion, zoned: oid === OID.timestamptz, keepsInfinity: false });
    default:
      return plainEncoder(writeJsonText);
  }
}

/** A number with every digit, however large, and text that holds one. NaN and infinities stay null. */
function numberEncoder(oid: number, subject: string): ValueEncoder {
  switch (oid) {
    case OID.int2:
    case OID.int4:
    case OID.int8:
    case OID.oid:
      return plainEncoder(writeUntouched);
    case OID.float4:
    case OID.float8:
    case OID.numeric:
      return plainEncoder(writeFiniteNumber);
    case OID.text:
    case OID.varchar:
    case OID.bpchar:
      return plainEncoder(textAsNumber(subject));
    default:
      throw new ConfigError(`${subject} cannot be read as a number`, {
        remedy: 'leave out `as: "number"` for this attribute: it is for numbers and for text that holds them',
      });
  }
}

/** The value as it would be, between quotes; with it what JSON numbers and dates have no form for: NaN and infinities. */
function textEncoder(oid: number, conversion: Conversion): ValueEncoder {
  switch (oid) {
    case OID.bool:
      return plainEncoder(booleanWriter('"true"', '"false"'));
    case OID.bytea:
      return byteaEncoder;
    case OID.date:
      return dateEncoder(true);
    case OID.timestamp:
    case OID.timestamptz:
      return timestampEncoder({ ...conversion, zoned: oid === OID.timestamptz, keepsInfinity: true });
    default:
      return plainEncoder(writeJsonText);
  }
}

/** By which records are counted over time. */
function timeEncoder(oid: number, as: 'hour' | 'day', conversion: Conversion): ValueEncoder {
  if (oid === OID.date && as === 'day') return dateEncoder(false);
  if (oid === OID.timestamp || oid === OID.timestamptz)
    return periodEncoder(as, { ...conversion, zoned: oid === OID.timestamptz });
  throw new ConfigError(`${conversion.subject} has no ${as}`, {
    remedy: `leave out \`as: "${as}"\` for this attribute: it is for timestamps${as === 'day' ? ' and dates' : ''}`,
  });
}

function booleanWriter(whenTrue: string, whenFalse: string): ValueWriter {
  const yes = new Constant(whenTrue);
  const no = new Constant(whenFalse);
  return (slab, source, start) => slab.append(source[start] === LOWER_T ? yes : no);
}

function lookUp(oid: number, types: TypeCatalog): ReturnType<TypeCatalog['get']> {
  const found = types.get(oid);
  if (found === undefined && oid >= FIRST_USER_OID) {
    throw new UnknownTypeError(`type ${oid} was made after this session began`, oid);
  }
  return found;
}
