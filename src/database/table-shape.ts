import type { Client } from 'pg';
import { SessionLostError } from '../errors.ts';
import { qualified } from './quoting.ts';

const COLUMN_LISTS = 150_000;
const GENERATED_PUBLISHED = 180_000;

export type ShapeColumn = {
  readonly name: string;
  readonly typeOid: number;
  readonly typeModifier: number;
  /** As it can be written in a cast. */
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
  readonly published: boolean;
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
  const from = `${named.only ? 'ONLY ' : ''}${qualified(named)}`;
  await client.query(`SELECT FROM ${from} LIMIT 0`).catch((error: unknown) => {
    throw isGone(error) ? renamed(named) : error;
  });
  const { rows } = await client.query<Row>(shapeSql(serverVersion, publications.length > 0), [
    relationOid,
    ...(publications.length > 0 ? [publications] : []),
  ]);
  const [row] = rows;
  if (row?.schema !== named.schema || row.name !== named.name) {
    throw renamed(named);
  }
  if (!row.published) return undefined;
  const { schema, name, deletes, filter } = row;
  const columns = row.columns.filter((column) => wantedColumns?.includes(column.name) ?? true);
  return { relationOid, schema, name, from, columns, filter: filter ?? undefined, followsDeletes: deletes };
}

/** Undefined table or schema: no such name any more, by the time that somebody's lock was released. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '42P01' || error.code === '3F000');
}

function renamed({ schema, name }: Pick<Name, 'schema' | 'name'>): SessionLostError {
  return new SessionLostError(`table ${schema}.${name} was renamed or dropped while it was read`);
}

/** Of the default class for B-trees, if the type has one of its own. https://www.postgresql.org/docs/current/xindex.html#XINDEX-OPCLASS-DEPENDENCIES */
const EQUALS = `coalesce((
  SELECT format('OPERATOR(%I.%s)', s.nspname, o.oprname)
  FROM pg_type y JOIN pg_opclass k ON k.opcintype = coalesce(nullif(y.typbasetype, 0), y.oid) AND k.opcdefault
  JOIN pg_am m ON m.oid = k.opcmethod AND m.amname = 'btree'
  JOIN pg_amop e ON e.amopfamily = k.opcfamily AND e.amoplefttype = k.opcintype AND e.amoprighttype = k.opcintype AND e.amopstrategy = 3
  JOIN pg_operator o ON o.oid = e.amopopr JOIN pg_namespace s ON s.oid = o.oprnamespace
  WHERE y.oid = a.atttypid), 'OPERATOR(pg_catalog.=)')`;

/**
 * A publication that sends neither inserts nor updates lets no row through, and its lack of a filter means nothing.
 * https://www.postgresql.org/docs/current/logical-replication-row-filter.html#LOGICAL-REPLICATION-ROW-FILTER-COMBINING
 */
function shapeSql(serverVersion: number, published: boolean): string {
  const lists = published && serverVersion >= COLUMN_LISTS;
  const plain = serverVersion >= GENERATED_PUBLISHED && lists ? '' : `AND a.attgenerated = ''`;
  const publication = published
    ? `(SELECT count(*) > 0 AS published, coalesce(bool_or(p.pubdelete), false) AS deletes,
               ${
                 lists
                   ? `CASE WHEN NOT bool_or(p.pubinsert OR p.pubupdate) THEN 'false'
                    WHEN bool_and(t.rowfilter IS NOT NULL) FILTER (WHERE p.pubinsert OR p.pubupdate)
                    THEN string_agg('(' || t.rowfilter || ')', ' OR ') FILTER (WHERE p.pubinsert OR p.pubupdate) END`
                   : 'NULL'
               } AS filter
        FROM pg_publication_tables t JOIN pg_publication p ON p.pubname = t.pubname
        WHERE t.pubname = ANY ($2) AND t.schemaname = n.nspname AND t.tablename = c.relname)`
    : '(SELECT true AS published, true AS deletes, NULL AS filter)';
  const listed = lists
    ? `AND EXISTS (SELECT FROM pg_publication_tables t
                   WHERE t.pubname = ANY ($2) AND t.schemaname = n.nspname AND t.tablename = c.relname AND a.attname = ANY (t.attnames))`
    : '';
  return `
    SELECT n.nspname AS schema, c.relname AS name, p.published, p.deletes, p.filter,
           (SELECT coalesce(json_agg(json_build_object(
                     'name', a.attname, 'typeOid', a.atttypid::int8, 'typeModifier', a.atttypmod,
                     'typeName', format_type(a.atttypid, a.atttypmod), 'equals', ${EQUALS}) ORDER BY a.attnum), '[]')
            FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ${plain} ${listed}) AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL ${publication} p
    WHERE c.oid = $1`;
}
