import type { Client } from 'pg';
import { GapError } from '../../errors.ts';
import { formatLsn, type Lsn } from '../../lsn.ts';

/** Publications have a catalog of whole schemas since this version. */
const SCHEMA_PUBLICATIONS = 150_000;

export type PublishedTable = {
  readonly publication: string;
  /** Of the relation, which keeps it when it is renamed. */
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
};

export type Publication = {
  readonly name: string;
  readonly insert: boolean;
  readonly update: boolean;
  readonly delete: boolean;
  readonly truncate: boolean;
  readonly viaRoot: boolean;
};

/** Those of `names` that exist. https://www.postgresql.org/docs/current/catalog-pg-publication.html */
export async function readPublications(client: Client, names: readonly string[]): Promise<Publication[]> {
  const { rows } = await client.query<Publication>(
    `SELECT pubname AS name, pubinsert AS insert, pubupdate AS update, pubdelete AS delete, pubtruncate AS truncate,
            pubviaroot AS "viaRoot"
     FROM pg_publication WHERE pubname = ANY ($1) ORDER BY pubname`,
    [names],
  );
  return rows;
}

/**
 * What they publish, by the function beneath the view `pg_publication_tables`, which leaves out the OIDs.
 * https://www.postgresql.org/docs/current/view-pg-publication-tables.html
 */
export async function readPublishedTables(
  client: Client,
  names: readonly string[],
): Promise<PublishedTable[]> {
  const { rows } = await client.query<PublishedTable>(
    `SELECT p.pubname AS publication, c.oid::int8::float8 AS oid, n.nspname AS schema, c.relname AS table
     FROM pg_publication p, LATERAL pg_get_publication_tables(p.pubname::text) published
     JOIN pg_class c ON c.oid = published.relid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE p.pubname = ANY ($1) ORDER BY 1, 3, 4`,
    [names],
  );
  return rows;
}

/**
 * SQL for one text that changes whenever a publication or what it contains is altered, even if it was altered back since:
 * the catalog rows' own transaction ids are in it. `$names` stands where the names' parameter goes.
 */
export function fingerprintSql(serverVersion: number, names: string): string {
  const schemas =
    serverVersion >= SCHEMA_PUBLICATIONS
      ? `UNION ALL SELECT 'n', n.oid, n.xmin::text, n.pnnspid FROM pg_publication_namespace n JOIN p ON p.oid = n.pnpubid`
      : '';
  return `(WITH p AS (SELECT oid, xmin FROM pg_publication WHERE pubname = ANY (${names}))
    SELECT coalesce(md5(string_agg(concat_ws(':', kind, oid, version, relation), ',' ORDER BY kind, oid)), '')
    FROM (SELECT 'p' AS kind, oid, xmin::text AS version, 0::oid AS relation FROM p
          UNION ALL SELECT 'r', r.oid, r.xmin::text, r.prrelid FROM pg_publication_rel r JOIN p ON p.oid = r.prpubid
          ${schemas}) rows)`;
}

/** The gap that a changed publication leaves between two positions. */
export function publicationGap(from: Lsn, to: Lsn): GapError {
  return new GapError(
    `the publication was changed between ${formatLsn(from)} and ${formatLsn(to)}: rows committed in between may not have been sent`,
    {
      remedy:
        'Run `wal2algolia setup`, start again, and compare table and index for that time (`wal2algolia verify --repair`). Stop the pipeline before altering its publication.',
    },
  );
}
