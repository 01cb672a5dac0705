import type { Client } from 'pg';
import { PreconditionError } from '../errors.ts';
import { sqlState } from './failures.ts';
import { identifier, qualified } from './quoting.ts';
import { readRights } from './read-rights.ts';
import { EQUALS, type ShapeColumn } from './rows/table-shape.ts';
import { splitQualifiedName } from './tables.ts';

/** A reference table as it is configured. */
export type Lookup = {
  /** Its own name in the configuration. */
  readonly name: string;
  /** As `schema.table`. */
  readonly table: string;
  readonly key: string;
  readonly value: string;
};

/** A reference table as the catalog has it. */
export type LookupTable = {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** Its type is written without a modifier: a cast to varchar(3) would make another key of a longer text. */
  readonly key: ShapeColumn;
  /** Views and foreign tables have no changes that could be followed. */
  readonly isTable: boolean;
  /** Whether an index begins with the key; of a view nobody can say. */
  readonly hasIndex: boolean;
};

type Row = {
  readonly oid: number;
  readonly kind: string;
  readonly key: ShapeColumn | null;
  readonly has_value: boolean;
  readonly has_index: boolean;
  readonly columns: readonly string[];
};

/** Tables, views, materialized and foreign ones: whatever can be selected from. https://www.postgresql.org/docs/current/catalog-pg-class.html */
const KINDS = ['r', 'p', 'v', 'm', 'f'];

/** Throws a PreconditionError where table or columns do not exist. */
export async function readLookupTable(client: Client, lookup: Lookup): Promise<LookupTable> {
  const { schema, name } = splitQualifiedName(lookup.table);
  const { rows } = await client.query<Row>(
    `SELECT c.oid::int8::float8 AS oid, c.relkind::text AS kind,
            (SELECT json_build_object('name', a.attname, 'typeOid', a.atttypid::int8, 'typeModifier', -1, 'isVariable', a.attlen < 0,
                      'typeName', format_type(a.atttypid, -1), 'equals', ${EQUALS})
             FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = $3 AND a.attnum > 0 AND NOT a.attisdropped) AS key,
            EXISTS (SELECT FROM pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attname = $4 AND a.attnum > 0 AND NOT a.attisdropped) AS has_value,
            c.relkind IN ('v', 'f') OR EXISTS (
              SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
              WHERE i.indrelid = c.oid AND i.indisvalid AND a.attname = $3) AS has_index,
            ARRAY(SELECT a.attname::text FROM pg_attribute a
                  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind = ANY ($5)`,
    [schema, name, lookup.key, lookup.value, KINDS],
  );
  const [row] = rows;
  const place = `lookups[${JSON.stringify(lookup.name)}]`;
  if (row === undefined) {
    throw new PreconditionError(`${place}: table ${lookup.table} does not exist`, {
      remedy: `Create it, or correct ${place}.table in the configuration.`,
    });
  }
  const missing = row.key === null ? 'key' : row.has_value ? undefined : 'value';
  if (row.key === null || missing !== undefined) {
    const which = missing ?? 'key';
    throw new PreconditionError(
      `${place}: ${lookup.table} has no column ${identifier(lookup[which])} (it has: ${row.columns.join(', ')})`,
      { remedy: `Add the column, or correct ${place}.${which} in the configuration.` },
    );
  }
  const isTable = row.kind === 'r' || row.kind === 'p';
  return { oid: row.oid, schema, name, key: row.key, isTable, hasIndex: row.has_index };
}

const INSUFFICIENT_PRIVILEGE = '42501';

/** Throws a PreconditionError where this role could not read the names. */
export async function checkLookup(client: Client, lookup: Lookup): Promise<LookupTable> {
  const table = await readLookupTable(client, lookup);
  const { name, key, value } = lookup;
  const refused = (reason: string, remedy: string, cause?: unknown): PreconditionError =>
    new PreconditionError(
      `lookups["${name}"]: this role may not read names from ${lookup.table}: ${reason}`,
      {
        cause,
        remedy,
      },
    );
  const columns = [...new Set([key, value])].map(identifier).join(', ');
  await client.query(`SELECT ${columns} FROM ${qualified(table)} LIMIT 0`).catch((error: unknown) => {
    if (sqlState(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    const text = error instanceof Error ? error.message : '';
    throw refused(
      text,
      `Run \`wal2algolia setup\`, which grants the role of \`run\` SELECT (${columns}).`,
      error,
    );
  });
  if ((await readRights(client, table.oid, [key, value])) === 'row-security')
    throw refused(
      'row security filters it',
      'As a superuser, ALTER ROLE … BYPASSRLS for the role of `run`; or look names up in a view whose owner may read them.',
    );
  return table;
}
