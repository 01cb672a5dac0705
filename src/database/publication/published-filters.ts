import type { Client } from 'pg';
import { PreconditionError } from '../../errors.ts';
import { identifier } from '../quoting.ts';
import type { Server } from '../server.ts';
import type { Publication } from './publication.ts';
import { isAboutTheText, plannedFilter, ROW_FILTERS, readFilterColumns } from './row-filter.ts';

/** A table in a publication. */
export type PublishedFilter = {
  readonly publication: string;
  /** SQL as Postgres writes it; null where every row is published. */
  readonly filter: string | null;
  /** Of its column list; null without one. */
  readonly columns: readonly string[] | null;
  /** The publication names the table itself, rather than all tables, its schema or the table that it is a partition of. */
  readonly isNamed: boolean;
};

/** How each of the publications that hold the table filters it. Only where there are row filters. */
export async function readPublishedFilters(
  client: Client,
  publications: readonly string[],
  relationOid: number,
): Promise<PublishedFilter[]> {
  const { rows } = await client.query<PublishedFilter>(
    `SELECT p.pubname AS publication, pg_get_expr(published.qual, published.relid) AS filter,
            CASE WHEN r.prattrs IS NOT NULL THEN
              (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
               WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::int2[])) END AS columns,
            r.oid IS NOT NULL AND NOT p.puballtables
              AND NOT EXISTS (SELECT FROM pg_publication_namespace s JOIN pg_class c ON c.relnamespace = s.pnnspid
                              WHERE s.pnpubid = p.oid AND c.oid = $2) AS "isNamed"
     FROM pg_publication p CROSS JOIN LATERAL pg_get_publication_tables(p.pubname::text) published
     LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = published.relid
     WHERE p.pubname = ANY ($1) AND published.relid = $2 ORDER BY 1`,
    [publications, relationOid],
  );
  return rows;
}

/**
 * Throws a PreconditionError unless exactly the rows that the configuration's `filter` lets through are published of a table. Rows that any of several
 * publications lets through are sent. https://www.postgresql.org/docs/current/logical-replication-row-filter.html#LOGICAL-REPLICATION-ROW-FILTER-COMBINING
 */
export async function checkPublishedFilter(
  client: Client,
  server: Server,
  publications: readonly Publication[],
  { oid, name, filter }: { readonly oid: number; readonly name: string; readonly filter: string },
): Promise<void> {
  checkRowFilters(server, name);
  const sending = publications.filter((each) => each.insert || each.update).map((each) => each.name);
  const published = await readPublishedFilters(client, sending, oid);
  // Row filters are about built-in types alone, and others may lie in schemas that this role cannot look into.
  const columns = (await readFilterColumns(client, oid)).filter(({ isBuiltIn }) => isBuiltIn);
  const wanted = await plannedFilter(client, columns, filter).catch((error: unknown) => {
    if (isAboutTheText(error)) return undefined;
    throw error;
  });
  for (const each of published) {
    if (each.filter !== null && (await plannedFilter(client, columns, each.filter)) === wanted) continue;
    const what = each.filter === null ? 'without a row filter' : 'with another row filter';
    throw new PreconditionError(
      `${name}: publication ${identifier(each.publication)} publishes it ${what}, and the configuration has a \`filter\``,
      {
        remedy:
          publications.length === 1
            ? 'Run `wal2algolia setup`; with --dry-run it says what it would do.'
            : 'Of several publications, each that holds the table and publishes inserts or updates needs that row filter: give it to them by hand, or name one publication.',
      },
    );
  }
}

/** Throws where a server knows none. */
export function checkRowFilters({ version, versionText }: Server, name: string): void {
  if (version >= ROW_FILTERS) return;
  throw new PreconditionError(
    `${name}: \`filter\` needs a row filter in the publication, and Postgres ${versionText} has none`,
    { remedy: 'Postgres 15 or newer is needed for it; else take `filter` out.' },
  );
}
