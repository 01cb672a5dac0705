import type { Client } from 'pg';
import { qualified } from './quoting.ts';

/** A table that inherits from another one, whatever lies between the two. Its rows are its own, though a query of the other shows them. */
export type Child = {
  readonly oid: number;
  readonly parentOid: number;
  readonly schema: string;
  readonly name: string;
};

/** Of these tables, by name; partitions are none. https://www.postgresql.org/docs/current/ddl-inherit.html */
export async function readChildren(client: Client, parentOids: readonly number[]): Promise<readonly Child[]> {
  const { rows } = await client.query<Child>(
    `WITH RECURSIVE family AS (
       SELECT i.inhparent AS parent, i.inhrelid AS oid FROM pg_inherits i WHERE i.inhparent::int8 = ANY ($1::int8[])
       UNION SELECT f.parent, i.inhrelid FROM family f JOIN pg_inherits i ON i.inhparent = f.oid)
     SELECT c.oid::int8::float8 AS oid, f.parent::int8::float8 AS "parentOid", n.nspname AS schema, c.relname AS name
     FROM family f JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND NOT c.relispartition ORDER BY 3, 4, 2`,
    [parentOids],
  );
  return rows;
}

/**
 * A table as it stands behind TABLE in a publication, which would take its children as well. Partitions belong to their root in any case.
 * https://www.postgresql.org/docs/current/sql-createpublication.html
 */
export function withoutChildren(table: {
  readonly schema: string;
  readonly name: string;
  readonly children: readonly Child[];
}): string {
  return `${table.children.length > 0 ? 'ONLY ' : ''}${qualified(table)}`;
}
