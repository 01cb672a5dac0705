import type { Client } from 'pg';
import { identifier, literal } from '../quoting.ts';
import type { TableShape } from './table-shape.ts';

/** Rows by what stands in one column: a whole number, or an instant in milliseconds since 1970. */
export type RangeColumn = {
  readonly name: string;
  readonly measure: 'number' | 'instant';
  /** Of a `timestamp` without one, where it was written down; undefined for others. */
  readonly timeZone: string | undefined;
};

/** From the first, and before the second; both may be left open. */
export type Bounds = { readonly from: number | undefined; readonly to: number | undefined };

/** Those that stand in no range, since they have no value, or an infinite one. */
export type Unbounded = 'no-value';

/** SQL that only rows within the bounds fulfil. The column stands bare in it, so that an index is of use. */
export function rangeSql(column: RangeColumn, bounds: Bounds | Unbounded): string {
  const name = identifier(column.name);
  const hasPlace =
    column.measure === 'number' ? `${name} IS NOT NULL` : `(${name} > '-infinity' AND ${name} < 'infinity')`;
  if (bounds === 'no-value') return `${hasPlace} IS NOT TRUE`;
  const { from, to } = bounds;
  const conditions = [
    hasPlace,
    ...(from === undefined ? [] : [comparedSql(column, '>=', from)]),
    ...(to === undefined ? [] : [comparedSql(column, '<', to)]),
  ];
  return conditions.join(' AND ');
}

/**
 * Local times do not come in the order of instants where a clock is set back or forth: the index finds those of some days more, and the instant
 * decides.
 */
function comparedSql(column: RangeColumn, operator: '>=' | '<', value: number): string {
  const { measure, timeZone } = column;
  const name = identifier(column.name);
  if (measure === 'number') return `${name} ${operator} ${value}`;
  const instant = `(timestamptz 'epoch' + ${value} * interval '1 millisecond')`;
  if (timeZone === undefined) return `${name} ${operator} ${instant}`;
  const zone = literal(timeZone);
  const slack = operator === '<' ? '+' : '-';
  return `${name} ${operator} (${instant} AT TIME ZONE ${zone} ${slack} interval '2 days') AND (${name} AT TIME ZONE ${zone}) ${operator} ${instant}`;
}

function numberSql({ name, measure, timeZone }: RangeColumn): string {
  if (measure === 'number') return `${identifier(name)}::float8`;
  const instant =
    timeZone === undefined ? identifier(name) : `(${identifier(name)} AT TIME ZONE ${literal(timeZone)})`;
  return `floor(extract(epoch FROM ${instant}) * 1000)::float8`;
}

const BUCKETS = 4_096;
/** Of those that hold too much each is looked at by itself, so often. */
const DEPTH_MAX = 4;

/**
 * Where to cut the rows within the bounds into windows of about `rowsWanted` each, in ascending order. More rows than that with nearly the
 * same value stay together. Rejects with `pg`'s error.
 */
export async function windowCuts(
  client: Client,
  shape: Pick<TableShape, 'from' | 'filter'>,
  column: RangeColumn,
  bounds: Bounds,
  rowsWanted: number,
  depth = 1,
): Promise<readonly number[]> {
  const published = shape.filter === undefined ? '' : ` AND (${shape.filter})`;
  const { rows } = await client.query<{ least: number; count: number; greatest: number }>(
    `WITH valued AS (SELECT ${numberSql(column)} AS value FROM ${shape.from} AS present
                     WHERE ${rangeSql(column, bounds)}${published}),
          span AS (SELECT min(value) AS least, max(value) AS greatest FROM valued)
     SELECT min(value) AS least, max(value) AS greatest, count(*)::float8 AS count
     FROM valued, span GROUP BY CASE WHEN greatest > least THEN width_bucket(value, least, greatest, ${BUCKETS}) END ORDER BY 1`,
  );
  const cuts: number[] = [];
  let count = 0;
  for (const bucket of rows) {
    if (count > 0 && count + bucket.count > rowsWanted) {
      cuts.push(bucket.least);
      count = 0;
    }
    count += bucket.count;
    const isTooMuch = bucket.count > rowsWanted && bucket.greatest > bucket.least && depth < DEPTH_MAX;
    if (!isTooMuch) continue;
    const within = { from: bucket.least, to: bucket.greatest + 1 };
    cuts.push(...(await windowCuts(client, shape, column, within, rowsWanted, depth + 1)));
  }
  return cuts;
}
