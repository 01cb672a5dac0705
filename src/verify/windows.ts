import type { AttributeConfig } from '../config/attribute-schema.ts';
import type { TableConfig } from '../config/schema.ts';
import type { Bounds, RangeColumn } from '../database/rows/column-range.ts';
import type { ShapeColumn, TableShape } from '../database/rows/table-shape.ts';
import type { TypeCatalog } from '../database/type-catalog.ts';
import { hasMillis, underlyingType } from '../records/column-type.ts';

/** By what rows and their records are cut into windows: a column, and the number that records have for it. */
export type WindowKey = {
  readonly kind: 'time' | 'key';
  readonly column: RangeColumn;
  /** Of the records; a number where the column has a value. */
  readonly attribute: string;
};

/** One of several parts into which records fall by their objectIDs. */
export type Slice = { readonly at: number; readonly of: number };

export type WindowKeys = { readonly time: WindowKey | undefined; readonly key: WindowKey | undefined };

/** Stands in a filter as it is. */
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const KEYWORDS = new Set(['AND', 'OR', 'NOT', 'TO']);
/** int2, int4, int8. */
const INTEGER_OIDS = new Set([20, 21, 23]);
const TIMESTAMP = 1114;

/** What a table's records can be cut by: the time of its rows, and a key that is one whole number. */
export function windowKeys(
  table: TableConfig,
  timeAttribute: string,
  shape: TableShape,
  types: TypeCatalog,
): WindowKeys {
  const whole = wholeColumns(table, shape);
  const columnOf = (name: string): ShapeColumn | undefined =>
    shape.columns.find((column) => column.name === name);
  const oidOf = ({ typeOid: oid, typeModifier: modifier }: ShapeColumn): number =>
    underlyingType({ oid, modifier }, types).oid;
  const timed = whole.filter(({ column: name }) => {
    const column = columnOf(name);
    return column !== undefined && hasMillis({ oid: column.typeOid, modifier: column.typeModifier }, types);
  });
  const own = table.time ?? whole.find(({ attribute }) => attribute === timeAttribute)?.column;
  const time =
    timed.find(({ column, attribute }) => column === own && attribute === timeAttribute) ??
    timed.find(({ column }) => column === own);
  const [first = '', ...others] = table.objectID;
  const number = others.length > 0 ? undefined : whole.find(({ column }) => column === first);
  const numbered = columnOf(first);
  const isNumber = numbered !== undefined && INTEGER_OIDS.has(oidOf(numbered));
  return {
    time: time && {
      kind: 'time',
      attribute: `${time.attribute}_ms`,
      column: {
        name: time.column,
        measure: 'instant',
        timeZone:
          oidOf(columnOf(time.column) as ShapeColumn) === TIMESTAMP ? (time.timeZone ?? 'UTC') : undefined,
      },
    },
    key:
      number === undefined || !isNumber
        ? undefined
        : {
            kind: 'key',
            attribute: number.attribute,
            column: { name: first, measure: 'number', timeZone: undefined },
          },
  };
}

type WholeColumn = {
  readonly attribute: string;
  readonly column: string;
  readonly timeZone: string | undefined;
};

/** Attributes that are a column's value as it is, and whose names can stand in a filter. */
function wholeColumns({ attributes }: TableConfig, { columns }: TableShape): readonly WholeColumn[] {
  const given: readonly (readonly [string, AttributeConfig | string])[] =
    attributes === undefined ? columns.map(({ name }) => [name, name]) : Object.entries(attributes);
  return given.flatMap(([attribute, config]) => {
    if (!PLAIN_NAME.test(attribute) || KEYWORDS.has(attribute)) return [];
    if (typeof config === 'string') return [{ attribute, column: config, timeZone: undefined }];
    if (!('column' in config)) return [];
    const { column, path, as, values, lookup, timeZone } = config;
    const isWhole = [path, as, values, lookup].every((each) => each === undefined);
    return isWhole ? [{ attribute, column, timeZone }] : [];
  });
}

/** What Algolia compares numbers up to, in both directions. https://www.algolia.com/doc/api-reference/api-parameters/numericFilters */
export const COMPARED_MAX = 4_611_686_018_427_387;

/** A number that filters compare. */
export function isComparable(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) < COMPARED_MAX;
}

/**
 * Without bounds every record that has such a number passes, and no other. By comparing alone: `!=` finds numbers in an attribute that is declared
 * `equalOnly`, of which no window would find any. https://www.algolia.com/doc/api-reference/api-parameters/filters
 */
export function windowFilter({ attribute }: Pick<WindowKey, 'attribute'>, { from, to }: Bounds): string {
  const conditions = [
    ...(from === undefined ? [] : [`${attribute} >= ${from}`]),
    ...(to === undefined ? [] : [`${attribute} < ${to}`]),
  ];
  if (conditions.length === 0)
    conditions.push(`${attribute} > -${COMPARED_MAX}`, `${attribute} < ${COMPARED_MAX}`);
  return conditions.join(' AND ');
}

/** What `windowFilter` lets pass, where the index cannot. */
export function isWithin(value: unknown, { from, to }: Bounds): boolean {
  return (
    typeof value === 'number' && (from === undefined || value >= from) && (to === undefined || value < to)
  );
}

/** One window between each two cuts that a filter can have, the first and the last as far as the bounds go. */
export function windowsBetween({ from, to }: Bounds, cuts: readonly number[]): readonly Bounds[] {
  const inner = cuts.filter(
    (cut) => isComparable(cut) && (from === undefined || cut > from) && (to === undefined || cut < to),
  );
  const distinct = [...new Set(inner)].sort((one, other) => one - other);
  const starts = [from, ...distinct];
  return starts.map((start, at) => ({ from: start, to: distinct[at] ?? to }));
}

/** FNV-1a over the units of UTF-16: which slice an objectID falls into. http://www.isthe.com/chongo/tech/comp/fnv/ */
export function isInSlice(objectID: string, { at, of }: Slice): boolean {
  if (of === 1) return true;
  let hash = 0x811c9dc5;
  for (let index = 0; index < objectID.length; index++)
    hash = Math.imul(hash ^ objectID.charCodeAt(index), 0x01000193);
  return (hash >>> 0) % of === at;
}
