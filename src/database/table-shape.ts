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
};

/** A table as its rows would be published now. */
export type TableShape = {
  readonly relationOid: number;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly ShapeColumn[];
  /** SQL that only rows that are published fulfil; undefined for all rows. */
  readonly filter: string | undefined;
  readonly followsDeletes: boolean;
};

type Name = { readonly schema: string; readonly name: string };
type Row = Name & {
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
): Promise<TableShape | undefined> {
  const { rows: names } = await client.query<Name>(
    `SELECT n.nspname AS schema, c.relname AS name
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1`,
    [relationOid],
  );
  const [named] = names;
  if (named === undefined) return undefined;
  await client.query(`SELECT FROM ${qualified(named)} LIMIT 0`);
  const { rows } = await client.query<Row>(shapeSql(serverVersion, publications.length > 0), [
    relationOid,
    ...(publications.length > 0 ? [publications] : []),
  ]);
  const [row] = rows;
  if (row?.schema !== named.schema || row.name !== named.name) {
    throw new SessionLostError(`table ${named.schema}.${named.name} was renamed while it was read`);
  }
  if (!row.published) return undefined;
  const { schema, name, columns, deletes, filter } = row;
  return { relationOid, schema, name, columns, filter: filter ?? undefined, followsDeletes: deletes };
}

/** https://www.postgresql.org/docs/current/view-pg-publication-tables.html */
function shapeSql(serverVersion: number, published: boolean): string {
  const lists = published && serverVersion >= COLUMN_LISTS;
  const plain = serverVersion >= GENERATED_PUBLISHED && lists ? '' : `AND a.attgenerated = ''`;
  const publication = published
    ? `(SELECT count(*) > 0 AS published, coalesce(bool_or(p.pubdelete), false) AS deletes,
               ${lists ? `CASE WHEN bool_and(t.rowfilter IS NOT NULL) THEN string_agg('(' || t.rowfilter || ')', ' OR ') END` : 'NULL'} AS filter
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
                     'typeName', format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum), '[]')
            FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ${plain} ${listed}) AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL ${publication} p
    WHERE c.oid = $1`;
}
