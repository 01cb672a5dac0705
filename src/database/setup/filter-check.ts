import type { Client } from 'pg';
import { PreconditionError } from '../../errors.ts';
import { sqlState } from '../failures.ts';
import { checkRowFilters } from '../publication/published-filters.ts';
import {
  type FilterColumn,
  isAboutTheText,
  plannedFilter,
  readFilterColumns,
  usedColumns,
  whereClause,
} from '../publication/row-filter.ts';
import { identifier, qualified } from '../quoting.ts';
import type { Server } from '../server.ts';
import type { CatalogTable } from '../tables.ts';

/** A configured filter that Postgres can read. */
export type RowFilter = {
  /** As configured. */
  readonly text: string;
  /** As the planner sees it, for comparison. */
  readonly planned: string;
  /** Names of the columns that it looks at. */
  readonly columns: readonly string[];
};

const EXPECTED =
  'It is an SQL condition over the columns of the table by their bare names, such as "tenant <> \'internal\'"; system columns, generated columns and other tables are out of reach.';

/**
 * Reads a configured filter without touching the table. Throws a PreconditionError for one that is no condition over its columns, or whose
 * meaning would depend on when it is read.
 */
export async function readRowFilter(
  client: Client,
  server: Server,
  table: CatalogTable,
  text: string,
): Promise<RowFilter> {
  checkRowFilters(server, table.qualifiedName);
  return await inReadOnly(client, async () => {
    const columns = await readFilterColumns(client, table.oid);
    const planned = await plannedFilter(client, columns, text).catch((error: unknown) => {
      throw isAboutTheText(error) ? refused(table, error) : error;
    });
    checkMoments(table, text, planned);
    const used = await usedColumns(client, columns, text);
    checkTypes(table, used);
    return { text, planned, columns: used.map(({ name }) => name) };
  });
}

/** What the filter calls at planning, an immutable function of constants, can write nothing. */
async function inReadOnly<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query('SET default_transaction_read_only = on');
  try {
    return await work();
  } finally {
    await client.query('RESET default_transaction_read_only');
  }
}

/** Such a constant stands for the moment at which it is read, and stays what it was then. https://www.postgresql.org/docs/current/datatype-datetime.html#DATATYPE-DATETIME-SPECIAL-VALUES */
function checkMoments({ qualifiedName }: CatalogTable, text: string, planned: string): void {
  const moments = text.match(/'\s*(now|today|tomorrow|yesterday)\b[^']*'/gi) ?? [];
  const moment = moments.find((each) => !planned.includes(JSON.stringify(each).slice(1, -1)));
  if (moment === undefined) return;
  throw new PreconditionError(
    `${qualifiedName}: \`filter\` holds ${moment}, which Postgres would take for the moment at which the publication is made`,
    { remedy: 'Name the time itself: a row filter cannot move along with it.' },
  );
}

function checkTypes({ qualifiedName }: CatalogTable, used: readonly FilterColumn[]): void {
  const foreign = used.find(({ isBuiltIn }) => !isBuiltIn);
  if (foreign === undefined) return;
  throw new PreconditionError(
    `${qualifiedName}: \`filter\` looks at ${identifier(foreign.name)}, whose type ${foreign.typeName} is none of Postgres's own`,
    {
      remedy:
        'A row filter may use neither enums, domains and types of extensions nor casts of them: filter by another column.',
    },
  );
}

/**
 * Has Postgres say whether it would take the filters into a publication, in a transaction that is rolled back; its lock lets the application read and
 * write. Throws a PreconditionError for one that it would not. A role that may make no publication of the table learns nothing: whoever runs the statement will.
 */
export async function tryFilters(
  client: Client,
  tables: readonly (CatalogTable & { readonly filter: RowFilter | undefined })[],
): Promise<void> {
  for (const table of tables) if (table.filter !== undefined) await tryFilter(client, table, table.filter);
}

async function tryFilter(client: Client, table: CatalogTable, { text }: RowFilter): Promise<void> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const trial = identifier(`wal2algolia trial ${rows[0]?.pid}`);
  await client.query('BEGIN READ WRITE');
  try {
    await client.query(
      `CREATE PUBLICATION ${trial} FOR TABLE ${qualified(table)} ${whereClause(text)} WITH (publish = 'insert', publish_via_partition_root = true)`,
    );
  } catch (error) {
    if (sqlState(error) === INSUFFICIENT_PRIVILEGE) return;
    throw isAboutTheText(error) ? refused(table, error) : error;
  } finally {
    await client.query('ROLLBACK');
  }
}

const INSUFFICIENT_PRIVILEGE = '42501';

function refused({ qualifiedName }: CatalogTable, error: Error): PreconditionError {
  const detail = 'detail' in error && typeof error.detail === 'string' ? ` ${error.detail}` : '';
  return new PreconditionError(
    `${qualifiedName}: Postgres does not take \`filter\` for a row filter: ${error.message}.${detail}`,
    {
      cause: error,
      remedy: `${EXPECTED} Functions have to be Postgres's own and immutable, and a varchar is compared with a list as text: "tenant::text IN ('a', 'b')".`,
    },
  );
}
