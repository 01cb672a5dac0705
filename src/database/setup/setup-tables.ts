import type { Client } from 'pg';
import { PreconditionError } from '../../errors.ts';
import { type Child, readChildren } from '../children.ts';
import { identifier, qualified } from '../quoting.ts';
import type { Server } from '../server.ts';
import { type CatalogTable, readTable } from '../tables.ts';
import { type RowFilter, readRowFilter } from './filter-check.ts';
import type { SetupOptions } from './setup-options.ts';

export type SetupTable = CatalogTable & {
  /** The configured one. */
  readonly filter: RowFilter | undefined;
  /** Not published with it. */
  readonly children: readonly Child[];
};

type Obstacle = { readonly unlogged: string | null; readonly root: string | null };

/** The configured tables. Throws a PreconditionError for one that is not there, or cannot be followed as it is. */
export async function readSetupTables(
  client: Client,
  server: Server,
  options: SetupOptions,
): Promise<readonly SetupTable[]> {
  const tables: CatalogTable[] = [];
  for (const name of options.tables.keys()) {
    const table = await readTable(client, name);
    if (table === undefined) {
      throw new PreconditionError(`table ${name} does not exist in database ${identifier(server.database)}`, {
        remedy: 'Create it, or correct its name under `tables` in the configuration.',
      });
    }
    tables.push(table);
  }
  for (const table of tables) await checkTable(client, table, tables);
  const children = await readChildren(
    client,
    tables.map(({ oid }) => oid),
  );
  const found: SetupTable[] = [];
  for (const table of tables) {
    const text = options.tables.get(table.qualifiedName)?.filter;
    const filter = text === undefined ? undefined : await readRowFilter(client, server, table, text);
    found.push({ ...table, filter, children: children.filter(({ parentOid }) => parentOid === table.oid) });
  }
  return found;
}

async function checkTable(client: Client, table: CatalogTable, all: readonly CatalogTable[]): Promise<void> {
  const { rows } = await client.query<Obstacle>(
    `SELECT (SELECT min(format('%I.%I', n.nspname, c.relname))
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relpersistence <> 'p' AND (c.oid = $1 OR c.oid IN (SELECT relid FROM pg_partition_tree($1)))) AS unlogged,
            (SELECT min(format('%I.%I', n.nspname, c.relname))
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.oid <> $1 AND c.oid = ANY ($2::oid[]) AND c.oid IN (SELECT relid FROM pg_partition_ancestors($1))) AS root`,
    [table.oid, all.map(({ oid }) => oid)],
  );
  const { unlogged = null, root = null } = rows[0] ?? {};
  if (unlogged !== null) {
    throw new PreconditionError(`table ${unlogged} is not in the WAL, since it is unlogged or temporary`, {
      remedy: `ALTER TABLE ${unlogged} SET LOGGED, or take it out of the configuration.`,
    });
  }
  if (root !== null) {
    throw new PreconditionError(
      `${qualified(table)} is a partition of ${root}, which is configured as well, and its changes come under that name`,
      { remedy: 'Take one of the two out of `tables`.' },
    );
  }
}

/** A query of the table shows rows that are not followed with it. */
export function childNotices(tables: readonly SetupTable[]): readonly string[] {
  return tables.flatMap(({ qualifiedName, children }) => {
    const left = children.filter(({ oid }) => tables.every((table) => table.oid !== oid));
    if (left.length === 0) return [];
    const names = left.slice(0, NAMED_MAX).map(qualified).join(', ');
    const more = left.length > NAMED_MAX ? ` and ${left.length - NAMED_MAX} more` : '';
    return [
      `${qualifiedName}: only rows of its own are followed. Those of tables that inherit from it (${names}${more}) are not: add these to \`tables\` to have them, each with an index or an objectIDPrefix of its own.`,
    ];
  });
}

const NAMED_MAX = 3;

/** The columns that make it up. */
export function objectID(table: CatalogTable, options: SetupOptions): readonly string[] {
  return options.tables.get(table.qualifiedName)?.objectID ?? [];
}

/** Whether updates and deletes say which record they are about, and can be published without harm. */
export function followsChanges(table: CatalogTable, options: SetupOptions): boolean {
  return (
    table.identityHolds &&
    objectID(table, options).every((key) => table.columns.some(({ name, isKey }) => isKey && name === key))
  );
}
