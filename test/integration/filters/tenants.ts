import type { TestDatabase } from '../../support/postgres.ts';

/** Rows of several tenants, one of which is our own. */
export const TABLES = `CREATE TABLE t (id int, tenant text, note text, PRIMARY KEY (id, tenant));
  CREATE TABLE u (id int PRIMARY KEY, note text, secret text)`;
export const rows = (from: number): string =>
  `INSERT INTO t SELECT g, CASE g % 3 WHEN 0 THEN 'internal' WHEN 1 THEN 'acme' ELSE 'other' END, 'note ' || g FROM generate_series(${from}, ${from + 8}) g`;
export const records = (where: string): string =>
  `SELECT id::text AS object_id, to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t') AS record FROM t WHERE ${where}`;
export const configured = (filter?: string) => ({
  'public.t': { index: 't', ...(filter === undefined ? {} : { filter }) },
});

export async function published({ client, publication }: TestDatabase): Promise<unknown> {
  const { rows: found } = await client.query(
    `SELECT tablename AS table, attnames::text AS columns, rowfilter AS filter FROM pg_publication_tables WHERE pubname = $1 ORDER BY 1`,
    [publication],
  );
  return found;
}

export const failure = (line: { readonly ended: Promise<void> }): Promise<unknown> =>
  line.ended.then(
    () => undefined,
    (error: unknown) => error,
  );
