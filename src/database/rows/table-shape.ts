import { isDeepStrictEqual } from 'node:util';
import type { Client } from 'pg';
import { SessionLostError } from '../../errors.ts';
import { sqlState } from '../failures.ts';
import { qualified } from '../quoting.ts';

const COLUMN_LISTS = 150_000;
const GENERATED_PUBLISHED = 180_000;
const UNDEFINED_OBJECT = '42704';

export type ShapeColumn = {
  readonly name: string;
  readonly typeOid: number;
  readonly typeModifier: number;
  /** Its values have no fixed size: `typlen` is negative. */
  readonly isVariable: boolean;
  /** What lies beneath its domains, as it can be written in a cast: what is compared need not fulfil their conditions, whose functions may need a search path. */
  readonly typeName: string;
  /** The operator of equality, that of the type's own schema where it has one: the search path is empty. */
  readonly equals: string;
};

/** A table as its rows would be published now. */
export type TableShape = {
  readonly relationOid: number;
  readonly schema: string;
  readonly name: string;
  /** As it stands behind FROM: partitions are part of a table, the children that inherit from it are not. */
  readonly from: string;
  readonly columns: readonly ShapeColumn[];
  /** SQL that only rows that are published fulfil; undefined for all rows. */
  readonly filter: string | undefined;
  readonly followsDeletes: boolean;
};

type Name = { readonly schema: string; readonly name: string; readonly only: boolean };
type Row = Omit<Name, 'only'> & {
  readonly columns: readonly ShapeColumn[];
  readonly deletes: boolean;
  readonly filter: string | null;
};

/**
 * Locks the table against being altered until the transaction ends, and then looks at it. Undefined when it is gone, or no longer
 * published. Without publications every row and column counts as published, as wal2json sends them.
 */
export async function readShape(
  client: Client,
  serverVersion: number,
  relationOid: number,
  publications: readonly string[],
  wantedColumns: readonly string[] | undefined,
): Promise<TableShape | undefined> {
  const { rows: names } = await client.query<Name>(
    `SELECT n.nspname AS schema, c.relname AS name, c.relkind = 'r' AS only
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1`,
    [relationOid],
  );
  const [named] = names;
  if (named === undefined) return undefined;
  const isPublished = publications.length > 0;
  const publishing = isPublished ? await publishedBy(client, relationOid, publications) : [];
  if (isPublished && publishing.length === 0) return undefined;
  const from = `${named.only ? 'ONLY ' : ''}${qualified(named)}`;
  await client.query(`SELECT FROM ${from} LIMIT 0`).catch((error: unknown) => {
    throw isGone(error) ? renamed(named) : error;
  });
  const { rows } = await client.query<Row>(isPublished ? publishedSql(serverVersion) : allSql(), [
    relationOid,
    ...(isPublished ? [publishing] : []),
  ]);
  const [row] = rows;
  if (row?.schema !== named.schema || row.name !== named.name) {
    throw renamed(named);
  }
  const { schema, name, deletes, filter } = row;
  const columns = row.columns.filter((column) => wantedColumns?.includes(column.name) ?? true);
  return { relationOid, schema, name, from, columns, filter: filter ?? undefined, followsDeletes: deletes };
}

/**
 * Throws a SessionLostError where the table, looked at again as `now`, is another than it was taken for: its lock keeps neither its schema nor the types of
 * its columns from being renamed. To be asked before it is believed that something failed, or was not found.
 */
export function checkUnaltered(shape: TableShape, now: TableShape | undefined): void {
  if (!isDeepStrictEqual(now, shape)) throw renamed(shape);
}

/** Undefined table or schema: no such name any more, by the time that somebody's lock was released. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '42P01' || error.code === '3F000');
}

function renamed({ schema, name }: Pick<Name, 'schema' | 'name'>): SessionLostError {
  return new SessionLostError(`table ${schema}.${name} was renamed, altered or dropped while it was read`);
}

/** Of the default class for B-trees, if the type has one of its own. https://www.postgresql.org/docs/current/xindex.html#XINDEX-OPCLASS-DEPENDENCIES */
export const EQUALS = `coalesce((
  SELECT format('OPERATOR(%I.%s)', s.nspname, o.oprname)
  FROM pg_type y JOIN pg_opclass k ON k.opcintype = coalesce(nullif(y.typbasetype, 0), y.oid) AND k.opcdefault
  JOIN pg_am m ON m.oid = k.opcmethod AND m.amname = 'btree'
  JOIN pg_amop e ON e.amopfamily = k.opcfamily AND e.amoplefttype = k.opcintype AND e.amoprighttype = k.opcintype AND e.amopstrategy = 3
  JOIN pg_operator o ON o.oid = e.amopopr JOIN pg_namespace s ON s.oid = o.oprnamespace
  WHERE y.oid = a.atttypid), 'OPERATOR(pg_catalog.=)')`;

/**
 * Which of the publications send it. To be asked before the table is locked: the function opens every table that they have, and would
 * wait for a lock on any of them. https://www.postgresql.org/docs/current/view-pg-publication-tables.html
 */
async function publishedBy(client: Client, relationOid: number, names: readonly string[]): Promise<string[]> {
  const { rows } = await client
    .query<{ name: string }>(
      `SELECT p.pubname AS name FROM pg_publication p, LATERAL pg_get_publication_tables(p.pubname::text) published
     WHERE p.pubname = ANY ($2) AND published.relid = $1`,
      [relationOid, names],
    )
    .catch((error: unknown) => {
      if (sqlState(error) === UNDEFINED_OBJECT)
        throw new SessionLostError('a publication was dropped while its tables were listed', {
          cause: error,
        });
      throw error;
    });
  return rows.map(({ name }) => name);
}

/** A modifier may belong to a domain, and would cut values short. */
const CAST_TYPE = `(WITH RECURSIVE base AS (
    SELECT y.oid, y.typbasetype FROM pg_type y WHERE y.oid = a.atttypid
    UNION ALL SELECT y.oid, y.typbasetype FROM pg_type y JOIN base b ON y.oid = b.typbasetype)
  SELECT format_type(oid, CASE oid WHEN a.atttypid THEN a.atttypmod ELSE -1 END) FROM base WHERE typbasetype = 0)`;

function allSql(): string {
  return `SELECT n.nspname AS schema, c.relname AS name, true AS deletes, NULL AS filter, ${columnsSql(`a.attgenerated = ''`)}
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1`;
}

/**
 * A publication that sends neither inserts nor updates lets no row through, and its lack of a filter means nothing. One of all
 * tables, or of the schema, has neither filter nor list.
 * https://www.postgresql.org/docs/current/logical-replication-row-filter.html#LOGICAL-REPLICATION-ROW-FILTER-COMBINING
 */
function publishedSql(serverVersion: number): string {
  const lists = serverVersion >= COLUMN_LISTS;
  const own = lists
    ? `r.prattrs AS attributes, pg_get_expr(r.prqual, r.prrelid) AS filter
       FROM pg_publication p LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = $1 AND NOT p.puballtables
         AND NOT EXISTS (SELECT FROM pg_publication_namespace s JOIN pg_class t ON t.relnamespace = s.pnnspid
                         WHERE s.pnpubid = p.oid AND t.oid = $1)`
    : 'NULL::int2vector AS attributes, NULL AS filter FROM pg_publication p';
  const generated =
    serverVersion >= GENERATED_PUBLISHED ? `OR (p.pubgencols = 's' AND a.attgenerated = 's')` : '';
  const listed = `EXISTS (SELECT FROM publishing p WHERE CASE WHEN p.attributes IS NULL
                    THEN a.attgenerated = '' ${generated} ELSE a.attnum = ANY (p.attributes) END)`;
  return `WITH publishing AS (SELECT p.*, ${own} WHERE p.pubname = ANY ($2)), sending AS (
      SELECT bool_and(filter IS NOT NULL) AS filtered, string_agg('(' || filter || ')', ' OR ') AS filters
      FROM publishing WHERE pubinsert OR pubupdate)
    SELECT n.nspname AS schema, c.relname AS name, (SELECT bool_or(pubdelete) FROM publishing) AS deletes,
           CASE WHEN filtered IS NULL THEN 'false' WHEN filtered THEN filters END AS filter, ${columnsSql(listed)}
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, sending WHERE c.oid = $1`;
}

function columnsSql(condition: string): string {
  return `(SELECT coalesce(json_agg(json_build_object(
             'name', a.attname, 'typeOid', a.atttypid::int8, 'typeModifier', a.atttypmod, 'isVariable', a.attlen < 0,
             'typeName', ${CAST_TYPE}, 'equals', ${EQUALS}) ORDER BY a.attnum), '[]')
    FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND ${condition}) AS columns`;
}
