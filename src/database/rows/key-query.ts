import type { Client, CustomTypesConfig, QueryArrayConfig } from 'pg';
import { ConfigError } from '../../errors.ts';
import { identifier, literal } from '../quoting.ts';
import type { ShapeColumn, TableShape } from './table-shape.ts';

/** One row, column by column: Postgres's own text, or null. */
export type RowText = readonly (string | null)[];

export type Keys = {
  /** Names of the columns that make up a key. */
  readonly keyColumns: readonly string[];
  /** Texts of those columns. */
  readonly keys: readonly (readonly string[])[];
};

/** What has to be known of a table to read by its keys. */
type KeyShape = Pick<TableShape, 'schema' | 'name' | 'columns'>;

/** How much of a column's text is wanted, and the type beneath its domains where that has functions for a part of a value. */
export type TextLimit = {
  readonly charactersMax: number;
  readonly stored: 'text' | 'bytea' | undefined;
};

/** Since when a type is asked what it accepts. */
const INPUT_IS_ASKED = 160_000;

/** Values stay the text that Postgres sends. */
export const AS_TEXT: CustomTypesConfig = { getTypeParser: () => (value: unknown) => value };

/** Values as they are while they come to no more than so many bytes; what is beyond is not held, and not counted as a value. */
export class BoundedText implements CustomTypesConfig {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isOverflowing(): boolean {
    return this.#bytes > this.#bytesMax;
  }

  getTypeParser(): (value: string) => string | null {
    return (value) => {
      this.#bytes += Buffer.byteLength(value);
      return this.isOverflowing ? null : value;
    };
  }
}

/**
 * The columns of a shape, in its order, of the rows of these keys: the text of each, or as much of it as is wanted. Rows that the key's
 * type takes for equal may have another text. `more` are expressions that stand behind the columns.
 */
export function keysQuery(
  shape: TableShape,
  { keyColumns, keys }: Keys,
  limits: ReadonlyMap<string, TextLimit> = new Map(),
  more: readonly string[] = [],
): QueryArrayConfig {
  const columns = [...columnTexts(shape, limits), ...more].join(', ');
  const published = shape.filter === undefined ? '' : ` AND (${shape.filter})`;
  const isKey = keyColumns.map((name, at) => {
    const { equals, typeName } = keyColumn(shape, name);
    return `present.${identifier(name)} ${equals} key.part${at}::${typeName}`;
  });
  return {
    text: `SELECT ${columns} FROM ${shape.from} AS present
      WHERE EXISTS (SELECT FROM ${keyTable(keyColumns)} WHERE ${isKey.join(' AND ')})${published}`,
    values: keyColumns.map((_, at) => keys.map((key) => key[at])),
    rowMode: 'array',
    types: AS_TEXT,
  };
}

/** The columns of a shape as they are selected: the text of each, or as much of it as is wanted. */
export function columnTexts(
  { columns }: Pick<TableShape, 'columns'>,
  limits: ReadonlyMap<string, TextLimit>,
): readonly string[] {
  return columns.map(({ name }) => textSql(identifier(name), limits.get(name)));
}

/**
 * `format` gives what the type's output function does, where a cast to text would not: of a boolean, or of blanks at the end. Text and
 * bytea need not be whole in the server's memory, either, nor the hexadecimal digits of a bytea fit into its 1 GB.
 * https://www.postgresql.org/docs/current/functions-string.html#FUNCTIONS-STRING-FORMAT
 */
function textSql(column: string, limit: TextLimit | undefined): string {
  if (limit === undefined) return column;
  const { charactersMax, stored } = limit;
  if (stored === 'text')
    return `CASE WHEN octet_length(${column}::text) > ${charactersMax} THEN left(${column}::text, ${charactersMax}) ELSE ${column}::text END`;
  if (stored === 'bytea')
    return `E'\\\\x' || encode(substring(${column}::bytea FROM 1 FOR ${Math.ceil(charactersMax / 2)}), 'hex')`;
  // IS NOT NULL would be false for a composite value with a NULL in it.
  return `CASE WHEN ${column} IS DISTINCT FROM NULL THEN left(format('%s', ${column}), ${charactersMax}) END`;
}

/** Those keys that values of the columns' types can have: somebody may ask for row "x" of a table whose key is a number. */
export async function validKeys(
  client: Client,
  shape: KeyShape,
  { keyColumns, keys }: Keys,
  serverVersion = 0,
): Promise<Keys['keys']> {
  const sql = castSql(shape, keyColumns);
  const castable = async (some: Keys['keys']): Promise<Keys['keys']> => {
    if (some.length === 0 || (await canCast(client, sql, some))) return some;
    if (some.length === 1) return [];
    if (some === keys && serverVersion >= INPUT_IS_ASKED) {
      const fewer = await accepted(client, shape, { keyColumns, keys });
      if (fewer.length < keys.length) return castable(fewer);
    }
    const middle = Math.ceil(some.length / 2);
    return [...(await castable(some.slice(0, middle))), ...(await castable(some.slice(middle)))];
  };
  return castable(keys);
}

/**
 * Those that the types accept as input, by one statement, where halving would take two for each that is none; all of them where a type cannot say.
 * https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-VALIDITY
 */
async function accepted(client: Client, shape: KeyShape, { keyColumns, keys }: Keys): Promise<Keys['keys']> {
  const parts = keyColumns.map((_, at) => `part${at}`);
  const conditions = keyColumns.map(
    (name, at) => `pg_input_is_valid(part${at}, ${literal(keyColumn(shape, name).typeName)})`,
  );
  const found = await unlessInvalid<{ at: number }>(
    client,
    `SELECT at::int4 FROM unnest(${parts.map((_, at) => `$${at + 1}::text[]`).join(', ')})
       WITH ORDINALITY AS key (${parts.join(', ')}, at) WHERE ${conditions.join(' AND ')}`,
    keys,
  );
  return found?.flatMap(({ at }) => [keys[at - 1] ?? []]) ?? keys;
}

/** The keys as values of their columns' types. Parameters are the texts, column by column. */
function castSql(shape: KeyShape, keyColumns: readonly string[]): string {
  const casts = keyColumns.map((name, at) => `part${at}::${keyColumn(shape, name).typeName}`).join(', ');
  return `SELECT ${casts} FROM ${keyTable(keyColumns)}`;
}

function keyTable(keyColumns: Keys['keyColumns']): string {
  const arrays = keyColumns.map((_, at) => `$${at + 1}::text[]`).join(', ');
  return `unnest(${arrays}) AS key (${keyColumns.map((_, at) => `part${at}`).join(', ')})`;
}

/**
 * Not a number, out of range, no such enum value, not in the domain; types of extensions and those that name objects say it with a
 * syntax error, or an object, schema or database that is not there. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export const NO_SUCH_VALUE = /^(22|23514$|3F000$|0A000$|42(?!501)|54|P0001$)/;

async function canCast(client: Client, sql: string, keys: Keys['keys']): Promise<boolean> {
  return (await unlessInvalid(client, `SELECT count(keys) FROM (${sql}) keys`, keys)) !== undefined;
}

/** Undefined when one of the keys is no value of its type; the parameters are the texts, column by column. */
async function unlessInvalid<Row extends object>(
  client: Client,
  sql: string,
  keys: Keys['keys'],
): Promise<readonly Row[] | undefined> {
  const columns = keys[0]?.map((_, at) => keys.map((key) => key[at]));
  await client.query('SAVEPOINT keys');
  try {
    const { rows } = await client.query<Row>(sql, columns);
    return rows;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && NO_SUCH_VALUE.test(String(error.code)))) throw error;
    await client.query('ROLLBACK TO SAVEPOINT keys; RELEASE SAVEPOINT keys');
    return undefined;
  }
}

function keyColumn({ schema, name: table, columns }: KeyShape, name: string): ShapeColumn {
  const column = columns.find((each) => each.name === name);
  if (column !== undefined) return column;
  throw new ConfigError(`${schema}.${table}: objectID names the column "${name}", which is not published`, {
    remedy: `publish "${name}" or take it out of objectID`,
  });
}
