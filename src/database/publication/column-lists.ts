import type { Client } from 'pg';
import { withoutChildren } from '../children.ts';
import { identifier } from '../quoting.ts';
import type { Server } from '../server.ts';
import type { SetupOptions } from '../setup/setup-options.ts';
import type { SetupTable } from '../setup/setup-tables.ts';
import type { CatalogTable } from '../tables.ts';
import type { Publication } from './publication.ts';
import { whereClause } from './row-filter.ts';

const COLUMN_LISTS = 150_000;

/**
 * Tables whose UPDATE fails (42P10) while it is published: their column list lacks columns of the replica identity, or is one at all
 * with REPLICA IDENTITY FULL. https://www.postgresql.org/docs/current/logical-replication-col-lists.html
 */
export async function failingLists(
  client: Client,
  server: Server,
  found: Publication,
  tables: readonly CatalogTable[],
): Promise<readonly CatalogTable[]> {
  if (server.version < COLUMN_LISTS) return [];
  const { rows } = await client.query<{ oid: number; names: string[] }>(
    `SELECT r.prrelid::int8::float8 AS oid,
            ARRAY(SELECT a.attname::text FROM pg_attribute a
                  WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::int2[])) AS names
     FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
     WHERE p.pubname = $1 AND r.prattrs IS NOT NULL`,
    [found.name],
  );
  return tables.filter((table) => {
    const list = rows.find(({ oid }) => oid === table.oid)?.names;
    if (list === undefined) return false;
    return (
      table.replicaIdentity === 'full' ||
      table.columns.some(({ name, isKey }) => isKey && !list.includes(name))
    );
  });
}

/** With an explicit column list, so that a column added later is not published unasked; with REPLICA IDENTITY FULL there can be none. */
export function tableClause(table: SetupTable, server: Server, options: SetupOptions): string {
  const list = hasNoList(table, server)
    ? ''
    : ` (${plannedColumns(table, server, options).map(identifier).join(', ')})`;
  const filter = table.filter === undefined ? '' : ` ${whereClause(table.filter.text)}`;
  return `${withoutChildren(table)}${list}${filter}`;
}

export function wholeRowNotice(table: CatalogTable, server: Server): string[] {
  if (!hasNoList(table, server)) return [];
  const reason =
    server.version < COLUMN_LISTS
      ? 'Column lists came with Postgres 15'
      : "With REPLICA IDENTITY FULL a column list would make the application's statements fail";
  return [
    `${table.qualifiedName}: every column is published, also one that is added later. ${reason}; \`attributes\` in the configuration decides what is indexed.`,
  ];
}

function hasNoList(table: CatalogTable, server: Server): boolean {
  return server.version < COLUMN_LISTS || table.replicaIdentity === 'full';
}

/** Columns that setup publishes of a table. */
export function plannedColumns(
  table: CatalogTable,
  server: Server,
  options: SetupOptions,
): readonly string[] {
  const only = hasNoList(table, server) ? undefined : options.tables.get(table.qualifiedName)?.columns;
  const names = table.columns.filter(({ name, isKey }) => only === undefined || isKey || only.includes(name));
  return names.map(({ name }) => name);
}
