import type { Client } from 'pg';
import { PreconditionError } from '../../errors.ts';
import { OWN_SCHEMA } from '../../own-schema.ts';
import { oneRow } from '../one-row.ts';
import { identifier } from '../quoting.ts';

/** A table of ours in the database that is followed. */
export type OwnTable = {
  /** Within our schema. */
  readonly name: string;
  readonly columns: readonly (readonly [name: string, definition: string])[];
  /** Unique ones, by name, with what stands behind the table's name. */
  readonly indexes: Readonly<Record<string, string>>;
  /** Of the role of `run`. */
  readonly rights: readonly string[];
};

type Found = {
  /** Whether it is the role of this connection. */
  isSelf: boolean;
  /** Whether the role may use the schema; null without one. */
  usage: boolean | null;
  columns: string[] | null;
  indexes: string[];
  rights: string[];
};

export function nameOf({ name }: Pick<OwnTable, 'name'>): string {
  return `${OWN_SCHEMA}.${name}`;
}

/**
 * What is missing for the role to use the table: schema, table, columns of a later version, rights. To `maker`, by default the role of
 * this connection, belongs what it makes.
 */
export async function planOwnTable(
  client: Client,
  table: OwnTable,
  role: string,
  maker?: 'somebody else',
): Promise<readonly string[]> {
  const { isSelf, usage, columns, indexes, rights } = await look(client, table, role);
  const isMaker = isSelf && maker === undefined;
  const missing = table.columns.filter(([name]) => columns !== null && !columns.includes(name));
  const lacksUsage = usage === null ? !isMaker : !usage;
  const lacked = columns === null && isMaker ? [] : table.rights.filter((right) => !rights.includes(right));
  const [name, to] = [nameOf(table), identifier(role)];
  return [
    ...(usage === null ? [`CREATE SCHEMA IF NOT EXISTS ${OWN_SCHEMA}`] : []),
    ...(columns === null ? [`CREATE TABLE IF NOT EXISTS ${name} (${definitions(table)})`] : []),
    // A table that has rows has no value for a column that must not be empty.
    ...missing.map(
      ([column, definition]) =>
        `ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS ${column} ${definition.replace(/ NOT NULL$/, '')}`,
    ),
    ...Object.entries(table.indexes)
      .filter(([index]) => !indexes.includes(index))
      .map(([index, key]) => `CREATE UNIQUE INDEX IF NOT EXISTS ${index} ON ${name} ${key}`),
    ...(lacksUsage ? [`GRANT USAGE ON SCHEMA ${OWN_SCHEMA} TO ${to}`] : []),
    ...(lacked.length > 0 ? [`GRANT ${lacked.join(', ')} ON ${name} TO ${to}`] : []),
  ];
}

/** Whether there is such a table, whether it can be read on this connection, and what the plan for its role still lacks. */
export async function lookAtOwnTable(
  client: Client,
  table: OwnTable,
): Promise<{
  readonly isThere: boolean;
  readonly isReadable: boolean;
  readonly missing: readonly string[];
}> {
  const { role } = oneRow(await client.query<{ role: string }>('SELECT current_user::text AS role'));
  const { usage, columns, rights } = await look(client, table, role);
  const isComplete = table.columns.every(([name]) => columns?.includes(name));
  return {
    isThere: columns !== null,
    isReadable: usage === true && isComplete && rights.includes('SELECT'),
    missing: await planOwnTable(client, table, role),
  };
}

/** Rejects with a PreconditionError where it is missing, or may not be used on this connection. `use` says what for: `says how far ...`. */
export async function checkOwnTable(client: Client, table: OwnTable, use: string): Promise<void> {
  const { isThere, isReadable, missing } = await lookAtOwnTable(client, table);
  if (isThere && isReadable && missing.length === 0) return;
  throw new PreconditionError(`${nameOf(table)} ${isThere ? 'may not be used' : 'is missing'}, and ${use}`, {
    remedy: `Run \`wal2algolia setup\`, or as the owner: ${missing.join('; ')}.`,
  });
}

function definitions({ columns }: OwnTable): string {
  return columns.map(([name, definition]) => `${name} ${definition}`).join(', ');
}

/** By the catalog: a name could not be looked up in a schema that one may not use. */
async function look(client: Client, table: OwnTable, role: string): Promise<Found> {
  const found = await client.query<Found>(
    `SELECT $1::name = current_user AS "isSelf", has_schema_privilege($1::name, n.oid, 'USAGE') AS usage,
            CASE WHEN c.oid IS NOT NULL THEN ARRAY(
              SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) END AS columns,
            ARRAY(SELECT i.relname::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
                  WHERE x.indrelid = c.oid AND x.indisunique AND x.indisvalid) AS indexes,
            ARRAY(SELECT r FROM unnest($3::text[]) r WHERE has_table_privilege($1::name, c.oid, r)) AS rights
     FROM (SELECT 1) one LEFT JOIN pg_namespace n ON n.nspname = $2
     LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = $4 AND c.relkind IN ('r', 'p')`,
    [role, OWN_SCHEMA, table.rights, table.name],
  );
  return oneRow(found);
}
