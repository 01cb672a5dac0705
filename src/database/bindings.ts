import type { Client } from 'pg';
import { splitQualifiedName } from './tables.ts';

/** Configured names, `schema.table`, by the OID of the relation that they stand for. */
export type Bindings = ReadonlyMap<number, string>;

/**
 * Finds the relation behind each configured name: the one it was `bound` to before, whatever that is called now, else the one of this name.
 * A name without a relation is left out; no relation gets two names.
 */
export async function bindTables(
  client: Client,
  names: readonly string[],
  bound: Bindings | undefined,
): Promise<Bindings> {
  const before = new Map([...(bound ?? [])].map(([oid, name]) => [name, oid]));
  const parts = names.map(splitQualifiedName);
  const { rows } = await client.query<{ oid: number; name: string }>(
    `SELECT coalesce(kept.oid, named.oid)::int8::float8 AS oid, w.configured AS name
     FROM unnest($1::text[], $2::text[], $3::text[], $4::int8[]) w(configured, nspname, relname, bound)
     LEFT JOIN pg_class kept ON kept.oid = w.bound::oid AND kept.relkind IN ('r', 'p')
     LEFT JOIN (pg_class named JOIN pg_namespace n ON n.oid = named.relnamespace)
       ON n.nspname = w.nspname AND named.relname = w.relname AND named.relkind IN ('r', 'p')
       AND named.oid::int8 <> ALL (array_remove($4::int8[], NULL))
     WHERE coalesce(kept.oid, named.oid) IS NOT NULL`,
    [
      names,
      parts.map(({ schema }) => schema),
      parts.map(({ name }) => name),
      names.map((name) => before.get(name) ?? null),
    ],
  );
  return new Map(rows.map(({ oid, name }) => [oid, name]));
}
