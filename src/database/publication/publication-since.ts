import type { Client } from 'pg';
import { BOOKMARK_TABLE, findBookmarkTable } from '../bookmarks/bookmark-plan.ts';
import { postgresFailure } from '../failures.ts';

/** Whether the row of a catalog was written behind the bookmark's: transactions are counted modulo 2^32. */
const isYounger = (row: string): string =>
  `mod(${row}.xmin::text::bigint - b.xmin::text::bigint + 4294967296, 4294967296) BETWEEN 1 AND 2147483647`;

/**
 * What of these publications was made or altered since the bookmark. Postgres keeps to a publication as it was when a change was made: what
 * it did not hold by then is not sent, and since 18 nothing of one that was not there yet. Rejects with a Wal2AlgoliaError.
 */
export async function publicationNotices(
  client: Client,
  bookmarkSlot: string,
  publications: readonly string[],
): Promise<readonly string[]> {
  try {
    if (!(await findBookmarkTable(client))) return [];
    const { rows } = await client.query<{ publication: string; table: string | null }>(
      `SELECT p.pubname AS publication, NULL AS "table" FROM ${BOOKMARK_TABLE} b, pg_publication p
       WHERE b.bookmark_slot = $1 AND p.pubname = ANY ($2) AND ${isYounger('p')}
       UNION ALL
       SELECT p.pubname, format('%I.%I', n.nspname, c.relname) FROM ${BOOKMARK_TABLE} b, pg_publication p
       JOIN pg_publication_rel r ON r.prpubid = p.oid JOIN pg_class c ON c.oid = r.prrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE b.bookmark_slot = $1 AND p.pubname = ANY ($2) AND ${isYounger('r')}
       ORDER BY 1, 2 NULLS FIRST`,
      [bookmarkSlot, publications],
    );
    return rows.map(({ publication, table }) => {
      const what =
        table === null ? `publication "${publication}"` : `${table} in publication "${publication}"`;
      return `${what} was made or altered since the bookmark: a change is replayed only where it was published when it was made`;
    });
  } catch (error) {
    throw postgresFailure(error, 'looking at the publication');
  }
}
