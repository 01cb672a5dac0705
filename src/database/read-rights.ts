import type { Client } from 'pg';

/** Why this role could not read rows again; undefined when it can. */
export type Unreadable = { readonly columns: readonly string[] } | 'row-security';

/** https://www.postgresql.org/docs/current/ddl-rowsecurity.html */
export async function readRights(
  client: Client,
  relationOid: number,
  columns: readonly string[],
): Promise<Unreadable | undefined> {
  const { rows } = await client.query<{ missing: string[]; filtered: boolean }>(
    `SELECT ARRAY(SELECT a.attname::text FROM pg_attribute a
                  WHERE a.attrelid = c.oid AND a.attname = ANY ($2) AND NOT has_column_privilege(a.attrelid, a.attnum, 'SELECT')
                  ORDER BY a.attnum) AS missing,
            row_security_active(c.oid) AS filtered
     FROM pg_class c WHERE c.oid = $1`,
    [relationOid, columns],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  if (row.missing.length > 0) return { columns: row.missing };
  return row.filtered ? 'row-security' : undefined;
}
