import type { Client } from 'pg';
import { checkNamedTables } from '../publication/named-tables.ts';
import { chosen } from '../publication/published-operations.ts';
import type { Server } from '../server.ts';
import type { CatalogTable } from '../tables.ts';
import type { SetupOptions, SetupPlan } from './setup-options.ts';
import { followsChanges, objectID } from './setup-tables.ts';

/**
 * wal2json knows no publication: it sends every kind of change of the tables that it is asked for. Throws a PreconditionError for one that it
 * would leave out. https://github.com/eulerto/wal2json#parameters
 */
export async function planWithoutPublication(
  client: Client,
  server: Server,
  options: SetupOptions,
  tables: readonly CatalogTable[],
): Promise<SetupPlan> {
  await checkNamedTables(client, server, [...options.tables.keys()]);
  const notices = tables
    .filter((table) => !followsChanges(table, options) && asksForChanges(table, options))
    .map(
      (table) =>
        `${table.qualifiedName}: its replica identity does not hold the objectID (${objectID(table, options).join(', ')}), so the pipeline will stop at an update that changes it, or at a delete.`,
    );
  const truncation = await options.truncation?.();
  const asksForTruncate = tables.some((table) => chosen(table, options)?.includes('truncate') ?? true);
  if (truncation?.obstacle !== undefined && asksForTruncate)
    notices.push(`wal2json sends TRUNCATE, at which the pipeline will stop: ${truncation.obstacle}.`);
  return { statements: [], notices };
}

function asksForChanges(table: CatalogTable, options: SetupOptions): boolean {
  const operations = chosen(table, options);
  return operations === undefined || operations.includes('update') || operations.includes('delete');
}
