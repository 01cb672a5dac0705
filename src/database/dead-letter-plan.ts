import type { Client } from 'pg';
import { OWN_SCHEMA } from '../own-schema.ts';
import { identifier } from './quoting.ts';

export const DEAD_LETTER_TABLE = `${OWN_SCHEMA}.dead_letter`;

/**
 * `record` is the JSON text as it would have been sent; text, since nothing about it may make the insert fail. `record::jsonb` is for
 * people. `object_id` is NULL where the key itself is what is wrong; then `lsn` and `place` say which row it is.
 */
const COLUMNS: readonly (readonly [name: string, definition: string])[] = [
  ['id', 'bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY'],
  ['slot_name', 'text NOT NULL'],
  ['table_name', 'text NOT NULL'],
  ['index_name', 'text NOT NULL'],
  ['object_id', 'text'],
  ['action', 'text NOT NULL'],
  ['lsn', 'pg_lsn'],
  ['committed_at', 'timestamptz'],
  ['place', 'int'],
  ['reason', 'text NOT NULL'],
  ['message', 'text NOT NULL'],
  ['http_status', 'int'],
  ['attempts', 'int NOT NULL DEFAULT 1'],
  ['first_failed_at', 'timestamptz NOT NULL DEFAULT now()'],
  ['last_failed_at', 'timestamptz NOT NULL DEFAULT now()'],
  ['record', 'text'],
];

/** By a digest: an objectID may be longer than an entry of a B-tree. https://www.postgresql.org/docs/current/btree.html */
export const RECORD_KEY = '(slot_name, index_name, md5(object_id)) WHERE object_id IS NOT NULL';
export const PLACE_KEY = '(slot_name, table_name, lsn, place) WHERE object_id IS NULL';

const INDEXES = { dead_letter_record_key: RECORD_KEY, dead_letter_place_key: PLACE_KEY } as const;

const RIGHTS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;

type Found = {
  /** Whether it is the role of this connection. */
  isSelf: boolean;
  /** Whether the role may use the schema; null without one. */
  usage: boolean | null;
  columns: string[] | null;
  indexes: string[];
  rights: string[];
};

/**
 * What is missing for the role to keep dead letters: schema, table, columns of a later version, rights. To `maker`, by default the role of
 * this connection, belongs what it makes.
 */
export async function planDeadLetters(
  client: Client,
  role: string,
  maker?: 'somebody else',
): Promise<readonly string[]> {
  const { isSelf, usage, columns, indexes, rights } = await look(client, role);
  const isMaker = isSelf && maker === undefined;
  const missing = COLUMNS.filter(([name]) => columns !== null && !columns.includes(name));
  const lacksUsage = usage === null ? !isMaker : !usage;
  const lacked = columns === null && isMaker ? [] : RIGHTS.filter((right) => !rights.includes(right));
  const to = identifier(role);
  return [
    ...(usage === null ? [`CREATE SCHEMA IF NOT EXISTS ${OWN_SCHEMA}`] : []),
    ...(columns === null ? [`CREATE TABLE IF NOT EXISTS ${DEAD_LETTER_TABLE} (${definitions()})`] : []),
    // A table that has letters has no value for a column that must not be empty.
    ...missing.map(
      ([name, definition]) =>
        `ALTER TABLE ${DEAD_LETTER_TABLE} ADD COLUMN IF NOT EXISTS ${name} ${definition.replace(/ NOT NULL$/, '')}`,
    ),
    ...Object.entries(INDEXES)
      .filter(([name]) => !indexes.includes(name))
      .map(([name, key]) => `CREATE UNIQUE INDEX IF NOT EXISTS ${name} ON ${DEAD_LETTER_TABLE} ${key}`),
    ...(lacksUsage ? [`GRANT USAGE ON SCHEMA ${OWN_SCHEMA} TO ${to}`] : []),
    ...(lacked.length > 0 ? [`GRANT ${lacked.join(', ')} ON ${DEAD_LETTER_TABLE} TO ${to}`] : []),
  ];
}

/** Whether dead letters can be read on this connection, and what the plan for its role still lacks. */
export async function lookAtDeadLetters(
  client: Client,
): Promise<{ readonly isReadable: boolean; readonly missing: readonly string[] }> {
  const { rows } = await client.query<{ role: string }>('SELECT current_user::text AS role');
  const role = rows[0]?.role ?? '';
  const { usage, columns, rights } = await look(client, role);
  const isComplete = COLUMNS.every(([name]) => columns?.includes(name));
  return {
    isReadable: usage === true && isComplete && rights.includes('SELECT'),
    missing: await planDeadLetters(client, role),
  };
}

function definitions(): string {
  return COLUMNS.map(([name, definition]) => `${name} ${definition}`).join(', ');
}

/** By the catalog: a name could not be looked up in a schema that one may not use. */
async function look(client: Client, role: string): Promise<Found> {
  const { rows } = await client.query<Found>(
    `SELECT $1::name = current_user AS "isSelf", has_schema_privilege($1::name, n.oid, 'USAGE') AS usage,
            CASE WHEN c.oid IS NOT NULL THEN ARRAY(
              SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) END AS columns,
            ARRAY(SELECT i.relname::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
                  WHERE x.indrelid = c.oid AND x.indisunique AND x.indisvalid) AS indexes,
            ARRAY(SELECT r FROM unnest($3::text[]) r WHERE has_table_privilege($1::name, c.oid, r)) AS rights
     FROM (SELECT 1) one LEFT JOIN pg_namespace n ON n.nspname = $2
     LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'dead_letter' AND c.relkind IN ('r', 'p')`,
    [role, OWN_SCHEMA, RIGHTS],
  );
  const [found] = rows;
  if (found === undefined) throw new Error('Postgres answered a one-row question without a row');
  return found;
}
