import type { Client } from 'pg';
import { identifier, qualified } from '../quoting.ts';

type Relation = { readonly oid: number; readonly schema: string; readonly name: string };

/** Column by column: a right to the whole table would let the role read what shall not leave it. */
export async function missingColumnGrants(
  client: Client,
  role: string,
  table: Relation,
  columns: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await client.query<{ usage: boolean; missing: string[] }>(
    `SELECT has_schema_privilege($1::name, c.relnamespace, 'USAGE') AS usage,
            ARRAY(SELECT a.attname::text FROM pg_attribute a
                  WHERE a.attrelid = c.oid AND a.attname = ANY ($3::text[]) AND a.attnum > 0 AND NOT a.attisdropped
                    AND NOT has_column_privilege($1::name, c.oid, a.attnum, 'SELECT') ORDER BY a.attnum) AS missing
     FROM pg_class c WHERE c.oid = $2`,
    [role, table.oid, columns],
  );
  const { usage = true, missing = [] } = rows[0] ?? {};
  const list = missing.map(identifier).join(', ');
  return [
    ...(usage ? [] : [`GRANT USAGE ON SCHEMA ${identifier(table.schema)} TO ${identifier(role)}`]),
    ...(missing.length === 0 ? [] : [`GRANT SELECT (${list}) ON ${qualified(table)} TO ${identifier(role)}`]),
  ];
}

/** https://www.postgresql.org/docs/current/ddl-rowsecurity.html */
export async function filtersRows(
  client: Client,
  table: Pick<Relation, 'oid'>,
  role: string,
): Promise<boolean> {
  const { rows } = await client.query<{ filtered: boolean }>(
    `SELECT c.relrowsecurity AND NOT r.rolsuper AND NOT r.rolbypassrls
              AND (c.relforcerowsecurity OR NOT pg_has_role(r.oid, c.relowner, 'USAGE')) AS filtered
     FROM pg_class c, pg_roles r WHERE c.oid = $1 AND r.rolname = $2`,
    [table.oid, role],
  );
  return rows[0]?.filtered ?? false;
}
