import type { Client, QueryArrayConfig } from 'pg';
import { sqlState } from './failures.ts';
import { type Lookup, type LookupTable, readLookupTable } from './lookup-tables.ts';
import { identifier, qualified } from './quoting.ts';
import { ReadingConnection } from './reading-connection.ts';
import { AS_TEXT, NO_SUCH_VALUE, validKeys } from './rows/key-query.ts';
import { mayBeKey } from './rows/key-text.ts';
import { WALSENDER_NAME } from './server.ts';

export type FoundName = {
  /** Null where the value is NULL. */
  readonly name: string | null;
  /** Whether the row has the key in just this text; 01 and 1 are the same number. */
  readonly isOwnText: boolean;
};

export type Names = {
  /** By key, of those that have a row. */
  readonly found: ReadonlyMap<string, FoundName>;
  /** Keys that no row can have, now or later: they are no values of the type. */
  readonly impossible: ReadonlySet<string>;
};

type NameRow = [asked: string, name: string | null, key: string];

/** An ordinary connection on which names are read from reference tables. It connects when it is first needed. */
export class LookupReader {
  readonly #connection: ReadingConnection;
  readonly #charactersMax: number;
  readonly #tables = new Map<string, LookupTable>();

  /** Of a name, so many characters are read. */
  constructor(url: string, charactersMax: number) {
    this.#connection = new ReadingConnection(url, `${WALSENDER_NAME} lookups`);
    this.#charactersMax = charactersMax;
  }

  /**
   * The names of these keys as they are now, by one statement, unless a key is no value of the column's type. Of several rows with a key
   * the first name by its text counts. Rejects with what Postgres or the connection says, or a PreconditionError.
   */
  async read(lookup: Lookup, keys: readonly string[]): Promise<Names> {
    const client = await this.#connection.connected();
    const known = this.#tables.get(lookup.name) ?? (await this.#describe(client, lookup));
    const possible = keys.filter((key) => mayBeKey(known.key.typeOid, key));
    try {
      const found = await this.#select(client, lookup, known, possible);
      return { found, impossible: without(keys, possible) };
    } catch (error) {
      if (!NO_SUCH_VALUE.test(sqlState(error) ?? '')) throw error;
      return await this.#readValid(client, lookup, keys);
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** The table may be another one by now, too. */
  async #readValid(client: Client, lookup: Lookup, keys: readonly string[]): Promise<Names> {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    try {
      const table = await this.#describe(client, lookup);
      const parts = keys.filter((key) => mayBeKey(table.key.typeOid, key)).map((key) => [key]);
      const shape = { ...table, columns: [table.key] };
      const valid = await validKeys(client, shape, { keyColumns: [table.key.name], keys: parts });
      const possible = valid.flat();
      const found = await this.#select(client, lookup, table, possible);
      await client.query('COMMIT');
      return { found, impossible: without(keys, possible) };
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  async #describe(client: Client, lookup: Lookup): Promise<LookupTable> {
    const table = await readLookupTable(client, lookup);
    this.#tables.set(lookup.name, table);
    return table;
  }

  async #select(
    client: Client,
    lookup: Lookup,
    table: LookupTable,
    keys: readonly string[],
  ): Promise<ReadonlyMap<string, FoundName>> {
    const found = new Map<string, FoundName>();
    if (keys.length === 0) return found;
    const { rows } = await client.query<NameRow>(namesQuery(lookup, table, keys, this.#charactersMax));
    for (const [asked, name, key] of rows) {
      const other = found.get(asked);
      const isOwnText = key === asked && (other?.isOwnText ?? true);
      found.set(asked, { name: first(name, other?.name ?? null), isOwnText });
    }
    return found;
  }
}

function namesQuery(
  lookup: Lookup,
  table: LookupTable,
  keys: readonly string[],
  charactersMax: number,
): QueryArrayConfig {
  const { equals, typeName } = table.key;
  const [key, value] = [`present.${identifier(lookup.key)}`, `present.${identifier(lookup.value)}`];
  return {
    // IS NOT NULL would be false for a composite value with a NULL in it.
    text: `SELECT asked.part, CASE WHEN ${value} IS DISTINCT FROM NULL THEN left(format('%s', ${value}), ${charactersMax}) END, ${key}
      FROM unnest($1::text[]) AS asked (part) JOIN ${qualified(table)} AS present ON ${key} ${equals} asked.part::${typeName}`,
    values: [keys],
    rowMode: 'array',
    types: AS_TEXT,
  };
}

function first(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}

function without(keys: readonly string[], possible: readonly string[]): ReadonlySet<string> {
  const rest = new Set(keys);
  for (const key of possible) rest.delete(key);
  return rest;
}
