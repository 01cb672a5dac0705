import type { Client } from 'pg';
import { PreconditionError, SessionLostError } from '../../errors.ts';
import { identifier, literal } from '../quoting.ts';
import type { TableShape } from './table-shape.ts';

export type OrderedColumn = {
  readonly name: string;
  /** As it can be written in a cast. */
  readonly typeName: string;
  /** What its order depends on: the type, and its collation where it has one. */
  readonly orderedAs: string;
  /** Where the operators are by which its type is ordered. */
  readonly operators: string;
};

/** By which columns, and in which order of them, the rows of a table are passed through. */
export type KeyOrder = {
  readonly columns: readonly OrderedColumn[];
  /** An index gives the rows in this order. */
  readonly isIndexed: boolean;
  /** No two rows have the same key. */
  readonly isUnique: boolean;
  /** Some row may lack a part of its key. */
  readonly isNullable: boolean;
};

type ColumnRow = OrderedColumn & { readonly notNull: boolean };
type IndexRow = { readonly names: readonly string[]; readonly isUnique: boolean };
type Shape = Pick<TableShape, 'relationOid' | 'schema' | 'name' | 'from'>;

/** Inside of a transaction in which the table may not change. `given` is the order of an earlier pass, which is kept. */
export async function readKeyOrder(
  client: Client,
  shape: Shape,
  keyColumns: readonly string[],
  given: readonly string[] | undefined,
): Promise<KeyOrder> {
  const found = await readColumns(client, shape, keyColumns);
  const indexes = await readIndexes(client, shape);
  const isSame = (names: readonly string[]): boolean =>
    names.length === keyColumns.length && keyColumns.every((name) => names.includes(name));
  const leading = indexes.map(({ names }) => names.slice(0, keyColumns.length)).filter(isSame);
  const facts = {
    isUnique: indexes.some(
      ({ names, isUnique }) => isUnique && names.every((name) => keyColumns.includes(name)),
    ),
    isNullable: found.some(({ notNull }) => !notNull),
  };
  const inOrder = (names: readonly string[]): readonly OrderedColumn[] =>
    names.flatMap((name) => found.find((column) => column.name === name) ?? []);
  const orders = given === undefined ? [...leading, keyColumns] : [given];
  for (const names of orders) {
    const order = { ...facts, columns: inOrder(names), isIndexed: true };
    if (!(await needsSort(client, shape, order))) return order;
  }
  return { ...facts, columns: inOrder(given ?? keyColumns), isIndexed: false };
}

/** Rejects where the keys stand in another order by now, in which what is behind one of them is something else. As `readKeyOrder`. */
export async function checkKeyOrder(client: Client, shape: Shape, { columns }: KeyOrder): Promise<void> {
  const now = await readColumns(
    client,
    shape,
    columns.map(({ name }) => name),
  );
  const isSame = columns.every(({ name, orderedAs }) =>
    now.some((column) => column.name === name && column.orderedAs === orderedAs),
  );
  if (isSame) return;
  throw new SessionLostError(
    `the type or the collation of a key column of ${shape.schema}.${shape.name} was changed while its keys were read`,
    { remedy: 'Call it again: it begins anew, in the order that they have by now.' },
  );
}

/** What stands behind ORDER BY. Keys of one order that are no single key, such as 1.0 and 1.00, are told apart by their texts. */
export function orderSql({ columns, isUnique }: Pick<KeyOrder, 'columns' | 'isUnique'>): string {
  const names = columns.map(({ name }) => `present.${identifier(name)}`);
  return [...names, ...(isUnique ? [] : names.map(textSql))].join(', ');
}

/** A condition for the rows behind a key, whose texts are parameters from `$1` on. */
export function behindSql({ columns, isUnique }: Pick<KeyOrder, 'columns' | 'isUnique'>): string {
  const own = columns.map(({ name }) => `present.${identifier(name)}`);
  const other = columns.map(({ typeName }, at) => `$${at + 1}::text::${typeName}`);
  const compared = columns.map(({ operators }, at) => ({ left: own[at], right: other[at], operators }));
  if (isUnique) return compare(compared, '>');
  const texts = columns.map((_, at) => ({
    left: textSql(own[at] ?? ''),
    right: `$${at + 1}::text COLLATE "C"`,
    operators: 'pg_catalog',
  }));
  // The first part is what an index can be asked for.
  return `${compare(compared, '>=')} AND ${compare([...compared, ...texts], '>')}`;
}

type Compared = {
  readonly left: string | undefined;
  readonly right: string | undefined;
  readonly operators: string;
};

/** Rows compare by an operator that all of their columns share; where they do not, it is spelled out. */
function compare(parts: readonly Compared[], operator: '>' | '>='): string {
  const schemas = new Set(parts.map(({ operators }) => operators));
  const [schema = 'pg_catalog'] = schemas;
  if (schemas.size === 1) {
    const side = (which: 'left' | 'right'): string => `ROW(${parts.map((part) => part[which]).join(', ')})`;
    return `${side('left')} OPERATOR(${identifier(schema)}.${operator}) ${side('right')}`;
  }
  const [first, ...rest] = parts;
  if (first === undefined) return 'true';
  const by = (sign: string): string =>
    `${first.left} OPERATOR(${identifier(first.operators)}.${sign}) ${first.right}`;
  if (rest.length === 0) return by(operator);
  return `${by('>=')} AND (${by('>')} OR (${by('=')} AND ${compare(rest, operator)}))`;
}

function textSql(column: string): string {
  return `format('%s', ${column}) COLLATE "C"`;
}

/** What lies beneath the domains of a column's type. */
const BASE_TYPE = `(WITH RECURSIVE base AS (
    SELECT y.oid, y.typbasetype FROM pg_type y WHERE y.oid = a.atttypid
    UNION ALL SELECT y.oid, y.typbasetype FROM pg_type y JOIN base b ON y.oid = b.typbasetype)
  SELECT oid FROM base WHERE typbasetype = 0)`;

/** The operators of the default class for B-trees. https://www.postgresql.org/docs/current/xindex.html#XINDEX-OPCLASS-DEPENDENCIES */
async function readColumns(
  client: Client,
  { relationOid, schema, name: table }: Shape,
  names: readonly string[],
): Promise<readonly ColumnRow[]> {
  const { rows } = await client.query<ColumnRow>(
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS "typeName", a.attnotnull AS "notNull",
            concat_ws(' ', format_type(a.atttypid, NULL), nullif(a.attcollation, 0::oid)::regcollation::text) AS "orderedAs",
            coalesce((SELECT s.nspname FROM pg_opclass k JOIN pg_am m ON m.oid = k.opcmethod AND m.amname = 'btree'
              JOIN pg_amop e ON e.amopfamily = k.opcfamily AND e.amoplefttype = k.opcintype AND e.amoprighttype = k.opcintype AND e.amopstrategy = 5
              JOIN pg_operator o ON o.oid = e.amopopr JOIN pg_namespace s ON s.oid = o.oprnamespace
              WHERE k.opcdefault AND k.opcintype = ${BASE_TYPE}), 'pg_catalog') AS operators
     FROM pg_attribute a WHERE a.attrelid = $1 AND a.attname = ANY ($2) AND a.attnum > 0 AND NOT a.attisdropped`,
    [relationOid, names],
  );
  const missing = names.find((name) => !rows.some((row) => row.name === name));
  if (missing === undefined) return rows;
  throw new PreconditionError(
    `${schema}.${table}: objectID names the column "${missing}", which is not there`,
    {
      remedy: `Correct objectID of ${schema}.${table}.`,
    },
  );
}

/** One that takes other values for equal than the order does, by a class or a collation of its own, is unique in another sense. */
async function readIndexes(client: Client, { relationOid }: Shape): Promise<readonly IndexRow[]> {
  const { rows } = await client.query<IndexRow>(
    `SELECT array_agg(coalesce(a.attname, '') ORDER BY k.place)::text[] AS names,
            i.indisunique AND i.indpred IS NULL AND bool_and(i.indcollation[k.place - 1] = a.attcollation AND c.opcdefault
              AND (c.opcintype = ${BASE_TYPE} OR NOT EXISTS (
                SELECT FROM pg_opclass own WHERE own.opcmethod = c.opcmethod AND own.opcdefault AND own.opcintype = ${BASE_TYPE}))) AS "isUnique"
     FROM pg_index i CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place)
     LEFT JOIN pg_attribute a ON a.attrelid = $1 AND a.attnum = k.attnum AND k.attnum > 0
     LEFT JOIN pg_opclass c ON c.oid = i.indclass[k.place - 1]
     WHERE i.indrelid = $1 AND i.indisvalid AND k.place <= i.indnkeyatts GROUP BY i.indexrelid, i.indisunique, i.indpred IS NULL
     ORDER BY bool_or(i.indisprimary) DESC, i.indexrelid`,
    [relationOid],
  );
  return rows;
}

/** Whether the planner finds nothing better than to sort the table, when it is told that it may not. */
async function needsSort(client: Client, shape: Shape, order: KeyOrder): Promise<boolean> {
  for (const setting of ['enable_seqscan', 'enable_sort', 'enable_bitmapscan', 'jit'])
    await client.query(`SELECT set_config(${literal(setting)}, 'off', true)`);
  const { rows } = await client.query<{ 'QUERY PLAN': unknown }>(
    `EXPLAIN (FORMAT JSON) SELECT FROM ${shape.from} AS present ORDER BY ${orderSql(order)} LIMIT 1000`,
  );
  return JSON.stringify(rows[0]?.['QUERY PLAN']).includes('"Node Type":"Sort"');
}
