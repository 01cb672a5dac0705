import type { Client } from 'pg';
import { PreconditionError } from '../../errors.ts';
import { withoutChildren } from '../children.ts';
import { type PublishedFilter, readPublishedFilters } from '../publication/published-filters.ts';
import { plannedFilter, ROW_FILTERS, readFilterColumns, whereClause } from '../publication/row-filter.ts';
import { identifier } from '../quoting.ts';
import type { Server } from '../server.ts';
import type { CatalogTable } from '../tables.ts';
import { type RowFilter, tryFilters } from './filter-check.ts';
import type { SetupPlan } from './setup-options.ts';
import type { SetupTable } from './setup-tables.ts';

/** What is missing of the row filters of tables that are in the publication already. One that nobody has configured stays. */
export async function planFilters(
  client: Client,
  server: Server,
  publication: string,
  tables: readonly SetupTable[],
): Promise<SetupPlan> {
  const statements: string[] = [];
  const notices: string[] = [];
  if (server.version < ROW_FILTERS) return { statements, notices };
  for (const table of tables) {
    const { filter, qualifiedName } = table;
    const [published] = await readPublishedFilters(client, [publication], table.oid);
    if (published === undefined) continue;
    if (filter === undefined) {
      if (published.filter !== null) notices.push(keptNotice(qualifiedName, published));
      continue;
    }
    if (await isInPlace(client, table, filter, published)) continue;
    if (!published.isNamed) throw defeated(table, publication);
    await tryFilters(client, [table]);
    statements.push(replacement(table, filter, published));
    notices.push(
      `${qualifiedName}: its row filter changes. A pipeline that is running stops at that with 76: stop it before, and start it again. Records of rows that are filtered out from now on stay in the index, and rows that are let in are missing, until they change or are read again.`,
    );
  }
  return { statements, notices };
}

async function isInPlace(
  client: Client,
  table: CatalogTable,
  filter: RowFilter,
  published: PublishedFilter,
): Promise<boolean> {
  if (published.filter === null) return false;
  const columns = await readFilterColumns(client, table.oid);
  return (await plannedFilter(client, columns, published.filter)) === filter.planned;
}

/** Out and in again in one transaction: SET TABLE would have to repeat every other table. The column list is the operator's. */
function replacement(
  table: SetupTable,
  filter: RowFilter,
  { publication, columns }: PublishedFilter,
): string {
  const alter = `ALTER PUBLICATION ${identifier(publication)}`;
  const list = columns === null ? '' : ` (${columns.map(identifier).join(', ')})`;
  const name = withoutChildren(table);
  return `BEGIN; ${alter} DROP TABLE ${name}; ${alter} ADD TABLE ${name}${list} ${whereClause(filter.text)}; COMMIT`;
}

function keptNotice(qualifiedName: string, { publication, filter }: PublishedFilter): string {
  return `${qualifiedName}: publication ${identifier(publication)} has a row filter, which the configuration does not name, and keeps it: ${filter}`;
}

function defeated({ qualifiedName }: CatalogTable, publication: string): PreconditionError {
  return new PreconditionError(
    `${qualifiedName}: \`filter\` cannot be published by publication ${identifier(publication)}, which holds the table with all tables, with its schema or as a partition, and so every row of it`,
    {
      remedy:
        'Make a publication FOR TABLE: name one in `replication.publication` that does not exist yet, and a new slot, and run setup again. Or take `filter` out.',
    },
  );
}
