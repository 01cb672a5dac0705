import type { Client } from 'pg';
import { UsageError } from '../../errors.ts';
import { identifier, literal } from '../quoting.ts';
import type { TableShape } from './table-shape.ts';

/** Which rows are meant, beside those that are published. */
export type RowScope = {
  /** SQL over the columns of the table, by whoever runs the command. */
  readonly where?: string | undefined;
  /** At the first instant or later, before the second; each as Postgres reads a timestamptz. */
  readonly time?:
    | {
        readonly column: string;
        /** Of a `timestamp` without one. */
        readonly timeZone: string | undefined;
        readonly from: string | undefined;
        readonly to: string | undefined;
      }
    | undefined;
};

/** No more than one statement, whatever somebody has written for a condition; the package's types do not know of it. */
export const ONE_STATEMENT: object = { queryMode: 'extended' };

/** Rejects with Postgres's error where it is a condition only because of what stands around it: `true) OR (true` would let every row through. */
export async function checkWhere(client: Client, { from }: TableShape, { where }: RowScope): Promise<void> {
  if (where === undefined) return;
  await client.query({ text: `EXPLAIN SELECT ${where}\nFROM ${from} AS present`, ...ONE_STATEMENT });
}

/** The conditions of publication and scope, each behind an AND. A comment at the end of one must not hide what follows. */
export async function wantedSql(
  client: Client,
  shape: TableShape,
  { where, time }: RowScope,
): Promise<string> {
  const { filter } = shape;
  const conditions = [filter, where, time === undefined ? undefined : await timeSql(client, shape, time)];
  return conditions.map((each) => (each === undefined ? '' : ` AND (\n${each}\n)`)).join('');
}

async function timeSql(
  client: Client,
  { relationOid, schema, name: table }: TableShape,
  { column, timeZone = 'UTC', from, to }: NonNullable<RowScope['time']>,
): Promise<string> {
  const { rows } = await client.query<{ type: string }>(
    `SELECT coalesce(nullif(t.typbasetype, 0), t.oid)::regtype::text AS type FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = $1 AND a.attname = $2 AND NOT a.attisdropped`,
    [relationOid, column],
  );
  const type = rows[0]?.type;
  if (type === undefined) {
    throw new UsageError(
      `${schema}.${table}: there is no column "${column}" by which --from and --to could be told`,
      {
        remedy:
          "Name the column of a row's own time in `time` of the table, or say which rows you mean by --where.",
      },
    );
  }
  const isZoned = type === 'timestamp with time zone';
  if (!isZoned && type !== 'timestamp without time zone' && type !== 'date') {
    throw new UsageError(
      `${schema}.${table}: its time, "${column}", is of type ${type}, which --from and --to cannot be compared with`,
      {
        remedy: 'Say which rows you mean by --where.',
      },
    );
  }
  const at = (bound: 'least' | 'greatest', instant: string): string =>
    isZoned ? `${literal(instant)}::timestamptz` : localBound(bound, instant, timeZone);
  const name = `present.${identifier(column)}`;
  return [
    ...(from === undefined ? [] : [`${name} >= ${at('least', from)}`]),
    ...(to === undefined ? [] : [`${name} < ${at('greatest', to)}`]),
  ].join(' AND ');
}

/**
 * Where clocks are set back, a local time is that of two instants and later rows have earlier ones; where they are set forth, rows may have one that never
 * was. So a bound is the outermost of what the instant is called by the offsets of its own day, of the day before and of the one after: near such a
 * change an hour more is read, and none of the window is left out, however somebody reads its time.
 */
function localBound(bound: 'least' | 'greatest', instant: string, timeZone: string): string {
  const called = [-24, 0, 24].map(
    (hours) =>
      `((${literal(instant)}::timestamptz + interval '${hours} hours') AT TIME ZONE ${literal(timeZone)}) - interval '${hours} hours'`,
  );
  return `${bound}(${called.join(', ')})`;
}

/** The planner's, which knows the size of the table even where it was never analysed. */
export async function estimatedRows(client: Client, { from }: TableShape, wanted: string): Promise<number> {
  const { rows } = await client.query<{
    'QUERY PLAN': readonly { readonly Plan: { readonly 'Plan Rows': number } }[];
  }>({
    text: `EXPLAIN (FORMAT JSON) SELECT FROM ${from} AS present WHERE true${wanted}`,
    ...ONE_STATEMENT,
  });
  return rows[0]?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? 0;
}
