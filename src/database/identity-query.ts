import { ConfigError } from '../errors.ts';
import { identifier, literal, qualified } from './quoting.ts';
import type { CatalogTable } from './tables.ts';
import type { TypeCatalog } from './type-catalog.ts';

/** Where original ids stand in a table. */
export type IdentityPlace = {
  readonly table: CatalogTable;
  readonly column: string;
  /** Keys and positions in a json column, or a path in the language of Postgres. */
  readonly path: readonly string[] | { readonly jsonPath: string } | undefined;
  /** A constant, or the text of a column. */
  readonly kind: string | { readonly column: string };
  readonly key: KeyChoice | undefined;
};

/** How the key follows from a row's own time: its place among those that begin at these instants, the first one for all time before. */
export type KeyChoice = {
  readonly column: string;
  /** Of a `timestamp` without one; UTC where it is undefined. */
  readonly timeZone: string | undefined;
  /** Microseconds since 1970, ascending. */
  readonly bordersMicros: readonly number[];
};

/** https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/catalog/pg_type.dat */
const OID = { json: 114, date: 1082, timestamp: 1114, jsonb: 3802 } as const;
const DAY_MICROS = 86_400_000_000;

/** What each row holds, once: the kind, the original text as it comes to a reader of the WAL, and the position of the key. Throws a ConfigError for a column that is not there. */
export function identitiesSql(places: readonly IdentityPlace[], types: TypeCatalog, kind?: string): string {
  const all = places.map((place) => placeSql(place, types)).join('\nUNION ALL ');
  const wanted = kind === undefined ? '' : `WHERE kind = ${literal(kind)}`;
  return `SELECT DISTINCT kind, original, key FROM (${all}) AS present ${wanted} ORDER BY kind, original, key`;
}

function placeSql(place: IdentityPlace, types: TypeCatalog): string {
  const { table, column, path, kind, key } = place;
  const name = columnSql(table, column);
  const oid = baseOid(table, column, types);
  const found =
    path === undefined
      ? textSql(name, types.get(oid)?.elementOid !== 0)
      : 'jsonPath' in path
        ? jsonPathSql(name, path.jsonPath, oid)
        : partSql(name, path, oid);
  // Of NULL, format gives nothing, which is the kind of what has none.
  const kindSql = typeof kind === 'string' ? literal(kind) : `format('%s', ${columnSql(table, kind.column)})`;
  const keySql = key === undefined ? '0' : keyOrdinalSql(table, key, types);
  return `SELECT ${kindSql}::text COLLATE "C" AS kind, (${found.original})::text COLLATE "C" AS original, ${keySql} AS key
    FROM ${table.partitioned ? '' : 'ONLY '}${qualified(table)} AS row${found.from} WHERE ${found.holds}`;
}

type Found = { readonly original: string; readonly from: string; readonly holds: string };

/** `format` gives what the type's output function does, where a cast to text would not: of a boolean, or of blanks at the end. */
function textSql(column: string, isList: boolean): Found {
  const value = isList ? 'element.value' : column;
  return {
    original: `format('%s', ${value})`,
    from: isList ? ` CROSS JOIN LATERAL unnest(${column}) AS element(value)` : '',
    // IS NOT NULL would be false for a composite value with a NULL in it.
    holds: `${value} IS DISTINCT FROM NULL`,
  };
}

/** A document with a zero character, which json takes and no function of Postgres reads, is passed over. */
function readableSql(column: string, oid: number): string {
  return oid === OID.json ? `CASE WHEN strpos(${column}::text, E'\\\\u0000') = 0 THEN ${column} END` : column;
}

function jsonPathSql(column: string, jsonPath: string, oid: number): Found {
  const value = 'found.value';
  return {
    original: `element.value #>> '{}'`,
    from: ` CROSS JOIN LATERAL jsonb_path_query((${readableSql(column, oid)})::jsonb, ${literal(jsonPath)}) AS found(value)
      CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(${value}) WHEN 'array' THEN ${value} ELSE jsonb_build_array(${value}) END) AS element(value)`,
    holds: `jsonb_typeof(element.value) IN ('string', 'number', 'boolean')`,
  };
}

function partSql(column: string, path: readonly string[], oid: number): Found {
  const type = oid === OID.json ? 'json' : 'jsonb';
  const readable = readableSql(column, oid);
  const value = path.reduce(
    (document, part) =>
      // Only these are positions to the encoder; Postgres takes 01 and -1 for some as well.
      /^(0|[1-9]\d{0,8})$/.test(part)
        ? `(${document} #> ARRAY[${literal(part)}])`
        : `(${document} -> ${literal(part)}::text)`,
    `(${readable})`,
  );
  const list = `CASE ${type}_typeof(${value}) WHEN 'array' THEN ${value} ELSE ${type}_build_array(${value}) END`;
  return {
    original: `element.value #>> '{}'`,
    from: ` CROSS JOIN LATERAL ${type}_array_elements(${list}) AS element(value)`,
    holds: `${type}_typeof(element.value) IN ('string', 'number', 'boolean')`,
  };
}

function keyOrdinalSql(
  table: CatalogTable,
  { column, timeZone = 'UTC', bordersMicros }: KeyChoice,
  types: TypeCatalog,
): string {
  const name = columnSql(table, column);
  const oid = baseOid(table, column, types);
  const time = oid === OID.timestamp ? `(${name} AT TIME ZONE ${literal(timeZone)})` : name;
  const cases = bordersMicros
    .map((micros, before) => `WHEN ${time} >= ${borderSql(micros, oid === OID.date)} THEN ${before + 1}`)
    .reverse();
  return `CASE ${cases.join(' ')} ELSE 0 END`;
}

/** A day begins at midnight UTC, and the last of them lie beyond all timestamps. */
function borderSql(micros: number, isDay: boolean): string {
  const rounded = isDay ? Math.ceil(micros / DAY_MICROS) * DAY_MICROS : micros;
  const second = Math.floor(rounded / 1_000_000);
  const iso = new Date(second * 1000).toISOString();
  if (isDay) return `date '${iso.slice(0, 10)}'`;
  return `timestamptz '${iso.slice(0, 19)}.${String(rounded - second * 1_000_000).padStart(6, '0')}Z'`;
}

function columnSql(table: CatalogTable, column: string): string {
  if (table.columns.some(({ name }) => name === column)) return `row.${identifier(column)}`;
  throw new ConfigError(`${table.qualifiedName} has no column "${column}", of which pseudonyms are made`, {
    remedy: `Correct tables["${table.qualifiedName}"].`,
  });
}

function baseOid({ columns }: CatalogTable, column: string, types: TypeCatalog): number {
  let oid = columns.find(({ name }) => name === column)?.typeOid ?? 0;
  for (let type = types.get(oid); type?.kind === 'd'; type = types.get(oid)) oid = type.baseOid;
  return oid;
}
