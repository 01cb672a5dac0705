import type { Client } from 'pg';
import { PreconditionError } from '../../errors.ts';
import type { Publication } from '../publication/publication.ts';
import { readPublishedFilters } from '../publication/published-filters.ts';
import { chosen, type PublishedOperation } from '../publication/published-operations.ts';
import { filterColumns } from '../publication/row-filter.ts';
import { identifier, qualified } from '../quoting.ts';
import type { SetupOptions } from './setup-options.ts';
import type { SetupTable } from './setup-tables.ts';

/** What the row filter of a table looks at. */
type Filtered = { readonly table: SetupTable; readonly columns: readonly string[] };

const isChange = (operation: PublishedOperation): boolean => operation === 'update' || operation === 'delete';

/**
 * Throws a PreconditionError where publishing these operations with the configured filters would make updates or deletes of the application
 * fail (42P10). https://www.postgresql.org/docs/current/logical-replication-row-filter.html#LOGICAL-REPLICATION-ROW-FILTER-RESTRICTIONS
 */
export function checkFilterIdentity(
  tables: readonly SetupTable[],
  publication: string,
  operations: readonly PublishedOperation[],
): void {
  if (operations.some(isChange)) checkHeld(tables.map(configured), publication);
}

/** As `checkFilterIdentity`, for filters that somebody else has given to a publication, where operations are added to it. */
export async function checkPublishedIdentity(
  client: Client,
  tables: readonly SetupTable[],
  { name }: Publication,
  added: readonly PublishedOperation[],
): Promise<void> {
  if (!added.some(isChange)) return;
  for (const table of tables.filter(({ filter }) => filter === undefined)) {
    const [published] = await readPublishedFilters(client, [name], table.oid);
    if (published === undefined || published.filter === null) continue;
    const columns = await filterColumns(client, table.oid, published.filter);
    checkHeld([{ table, columns }], name);
  }
}

/** Whether a filter would make updates or deletes fail that no table asks for. */
export function filtersForbidChanges(options: SetupOptions, tables: readonly SetupTable[]): boolean {
  const asked = tables.some((table) => chosen(table, options)?.some(isChange) ?? true);
  return !asked && tables.some((table) => strayColumns(configured(table)).length > 0);
}

function configured(table: SetupTable): Filtered {
  return { table, columns: table.filter?.columns ?? [] };
}

function strayColumns({ table, columns }: Filtered): readonly string[] {
  return columns.filter((used) => !table.columns.some(({ name, isKey }) => isKey && name === used));
}

function checkHeld(filtered: readonly Filtered[], publication: string): void {
  const found = filtered.find((each) => strayColumns(each).length > 0);
  if (found === undefined) return;
  const { table } = found;
  const stray = strayColumns(found).map(identifier).join(', ');
  const alter = `ALTER TABLE ${qualified(table)} REPLICA IDENTITY`;
  const full = table.partitioned ? '' : `${alter} FULL, or `;
  throw new PreconditionError(
    `${table.qualifiedName}: its row filter looks at ${stray}, which its replica identity does not hold, and publication ${identifier(publication)} is to have updates or deletes: those of the application would fail`,
    {
      remedy: `Set \`operations\` to ["insert"] on all tables of the publication (for some alone it takes two publications, made by hand and both named in \`replication.publication\`), or ${full}${alter} USING INDEX a unique one that holds ${stray} and the objectID.`,
    },
  );
}
