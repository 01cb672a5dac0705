import type { Client } from 'pg';

export type CatalogColumn = {
  readonly name: string;
  readonly typeOid: number;
  readonly typeModifier: number;
  /** Part of the replica identity. */
  readonly isKey: boolean;
};

export type CatalogTable = {
  /** As in the configuration: `schema.table`. */
  readonly qualifiedName: string;
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly partitioned: boolean;
  readonly replicaIdentity: 'default' | 'nothing' | 'full' | 'index';
  readonly columns: readonly CatalogColumn[];
  /** Whether every table that holds its rows, partitions included and tables that inherit from it not, has this replica identity, of columns that can be published. */
  readonly identityHolds: boolean;
};

const IDENTITIES = { d: 'default', n: 'nothing', f: 'full', i: 'index' } as const;

type Row = {
  oid: number;
  partitioned: boolean;
  identity: keyof typeof IDENTITIES;
  columns: CatalogColumn[];
  holds: boolean;
};

/** The first dot separates schema and table; a table's own name may hold more of them. */
export function splitQualifiedName(qualifiedName: string): {
  readonly schema: string;
  readonly name: string;
} {
  const dot = qualifiedName.indexOf('.');
  return { schema: qualifiedName.slice(0, dot), name: qualifiedName.slice(dot + 1) };
}

/**
 * A table as the catalog has it, with the columns that can be published (generated ones are not); undefined when there is none.
 * https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-REPLICA-IDENTITY
 */
export async function readTable(client: Client, qualifiedName: string): Promise<CatalogTable | undefined> {
  const { schema, name } = splitQualifiedName(qualifiedName);
  const { rows } = await client.query<Row>(
    `WITH RECURSIVE family AS (
       SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')
       UNION SELECT i.inhrelid FROM pg_inherits i JOIN family f ON f.oid = i.inhparent
         JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition
     ), identity AS (
       SELECT c.oid, c.relreplident, k.names, k.publishable
       FROM family JOIN pg_class c USING (oid) LEFT JOIN LATERAL (
         SELECT array_agg(a.attname ORDER BY a.attname) AS names, bool_and(a.attgenerated = '') AS publishable
         FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid
           AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
         WHERE i.indrelid = c.oid AND i.indisvalid AND i.indimmediate
           AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END) k ON true
     )
     SELECT c.oid::int8::float8 AS oid, c.relkind = 'p' AS partitioned, c.relreplident::text AS identity,
            (SELECT coalesce(json_agg(json_build_object(
                      'name', a.attname, 'typeOid', a.atttypid::int8, 'typeModifier', a.atttypmod,
                      'isKey', c.relreplident = 'f' OR coalesce(a.attname = ANY (own.names), false)) ORDER BY a.attnum), '[]')
             FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
            (SELECT bool_and(coalesce(each.relreplident = own.relreplident
                      AND (each.relreplident = 'f' OR (each.publishable AND each.names = own.names)), false))
                    AND NOT (c.relkind = 'p' AND c.relreplident = 'f')
             FROM identity each) AS holds
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN identity own ON own.oid = c.oid
     WHERE n.nspname = $1 AND c.relname = $2`,
    [schema, name],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  return {
    qualifiedName,
    oid: row.oid,
    schema,
    name,
    partitioned: row.partitioned,
    replicaIdentity: IDENTITIES[row.identity],
    columns: row.columns,
    identityHolds: row.holds,
  };
}

/** Names of the columns that a publication sends of a table; before Postgres 15 that is every column. */
export async function readPublishedColumns(
  client: Client,
  serverVersion: number,
  publications: readonly string[],
  table: CatalogTable,
): Promise<readonly string[]> {
  if (serverVersion < 150_000) return table.columns.map(({ name }) => name);
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT unnest(attnames)::text AS name FROM pg_publication_tables
     WHERE pubname = ANY ($1) AND schemaname = $2 AND tablename = $3`,
    [publications, table.schema, table.name],
  );
  return rows.map(({ name }) => name);
}
