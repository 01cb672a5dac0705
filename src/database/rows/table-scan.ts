import type { Client, QueryArrayConfig } from 'pg';
import { ReadingConnection } from '../reading-connection.ts';
import { WALSENDER_NAME } from '../server.ts';
import type { Snapshot } from '../snapshot.ts';
import { readVisibility, takeXid, type Visibility } from '../visibility.ts';
import { type Bounds, type RangeColumn, rangeSql, type Unbounded, windowCuts } from './column-range.ts';
import {
  AS_TEXT,
  columnTexts,
  type Keys,
  keysQuery,
  type RowText,
  type TextLimit,
  validKeys,
} from './key-query.ts';
import type { Rows } from './row-reader.ts';
import { checkUnaltered, readShape, type TableShape } from './table-shape.ts';

/** Which table, and what of its rows is wanted. */
export type ScannedTable = {
  readonly relationOid: number;
  /** Whose row filters and column lists hold; none where all is sent. */
  readonly publications: readonly string[];
  /** Those that its records are made of; undefined for all that are published. */
  readonly columns: readonly string[] | undefined;
  readonly limits: (shape: TableShape) => ReadonlyMap<string, TextLimit>;
};

export type ScanRange = { readonly column: RangeColumn; readonly bounds: Bounds | Unbounded };

/** Rows of some keys, and which versions of them these are. */
export type Versions = Rows &
  Visibility & {
    /** For each row what tells it from any other version of it, as far as this role may know. */
    readonly versions: readonly string[];
    /** For each row whether somebody may have locked, changed or deleted it since. */
    readonly areTouched: readonly boolean[];
  };

/** A walk over a table takes it in the order that the planner thinks best, and may take long; so may what is made of rows meanwhile. */
const SETTINGS = {
  enable_seqscan: 'on',
  statement_timeout: '1800s',
  idle_in_transaction_session_timeout: '1800s',
};
const QUERY_TIMEOUT_MS = 1_900_000;
/** Columns of the system, which nobody may read who may read some columns only. https://www.postgresql.org/docs/current/ddl-system-columns.html */
const VERSION = [`tableoid::text || ' ' || ctid::text || ' ' || xmin::text`, `(xmax <> '0')::text`];
const UNKNOWN_VERSION = [`''`, `'true'`];

/** An ordinary connection on which a table is read, part by part, and some of its rows by key. It connects when it is first needed. */
export class TableScan {
  readonly #connection: ReadingConnection;
  readonly #serverVersion: number;

  constructor(url: string, serverVersion: number) {
    this.#connection = new ReadingConnection(url, `${WALSENDER_NAME} verify`, SETTINGS, QUERY_TIMEOUT_MS);
    this.#serverVersion = serverVersion;
  }

  /** As the table is published now; undefined when it is not, or not there. */
  shape(table: ScannedTable): Promise<TableShape | undefined> {
    return this.#inTransaction(table, async (_, shape) => shape);
  }

  /** Where to cut the rows within the bounds into windows, as `windowCuts` says. */
  async cuts(
    table: ScannedTable,
    column: RangeColumn,
    bounds: Bounds,
    rowsWanted: number,
  ): Promise<readonly number[]> {
    const cuts = await this.#inTransaction(table, (client, shape) =>
      windowCuts(client, shape, column, bounds, rowsWanted),
    );
    return cuts ?? [];
  }

  /** How many rows are published. */
  async count(table: ScannedTable): Promise<number> {
    const count = await this.#inTransaction(table, async (client, { from, filter }) => {
      const where = filter === undefined ? '' : ` WHERE (${filter})`;
      const { rows } = await client.query<{ count: number }>(
        `SELECT count(*)::float8 AS count FROM ${from} AS present${where}`,
      );
      return rows[0]?.count;
    });
    return count ?? 0;
  }

  /** Whether an index begins with the column, so that a part of the rows is found without a walk over all. */
  async hasIndex({ relationOid }: ScannedTable, column: string): Promise<boolean> {
    const client = await this.#connection.connected();
    const { rows } = await client.query(
      `SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
       WHERE i.indrelid = $1 AND a.attname = $2 AND i.indisvalid AND i.indpred IS NULL LIMIT 1`,
      [relationOid, column],
    );
    return rows.length > 0;
  }

  /**
   * Hands over the published rows in the range, up to `rowsAtOnce` at a time, until `take` returns false. Resolves with a snapshot that sees
   * all of them; undefined when the table is not published, or not there, any more.
   */
  scan(
    table: ScannedTable,
    range: ScanRange | undefined,
    rowsAtOnce: number,
    take: (rows: Rows) => Promise<boolean>,
  ): Promise<Snapshot | undefined> {
    return this.#inTransaction(table, async (client, shape) => {
      const conditions = [
        ...(range === undefined ? [] : [rangeSql(range.column, range.bounds)]),
        ...(shape.filter === undefined ? [] : [`(${shape.filter})`]),
      ];
      const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
      const columns = columnTexts(shape, table.limits(shape)).join(', ');
      await client.query(
        `DECLARE rows NO SCROLL CURSOR FOR SELECT ${columns} FROM ${shape.from} AS present${where}`,
      );
      const { snapshot } = await readVisibility(client);
      const text = `FETCH ${rowsAtOnce} FROM rows`;
      const fetch: QueryArrayConfig = { text, rowMode: 'array', types: AS_TEXT };
      for (;;) {
        const { rows } = await client.query<RowText>(fetch);
        if (rows.length === 0 || !(await take({ shape, rows }))) return snapshot;
      }
    });
  }

  /** The rows of these keys, with a snapshot from behind the reading. Undefined as for `scan`. */
  readKeys(table: ScannedTable, { keyColumns, keys }: Keys): Promise<Versions | undefined> {
    return this.#inTransaction(table, async (client, shape) => {
      const valid = await validKeys(client, shape, { keyColumns, keys });
      if (valid.length < keys.length) checkUnaltered(shape, await this.#shape(client, table));
      const limits = table.limits(shape);
      const { rows: rights } = await client.query<{ all: boolean }>(
        `SELECT has_table_privilege($1::oid, 'SELECT') AS all`,
        [shape.relationOid],
      );
      const version = rights[0]?.all === true ? VERSION : UNKNOWN_VERSION;
      const query = keysQuery(shape, { keyColumns, keys: valid }, limits, version);
      await client.query('SET LOCAL enable_seqscan = off');
      const { rows } = await client.query<RowText>(query);
      const { length } = shape.columns;
      return {
        shape,
        rows: rows.map((row) => row.slice(0, length)),
        versions: rows.map((row) => row[length] ?? ''),
        areTouched: rows.map((row) => row[length + 1] === 'true'),
        ...(await readVisibility(client)),
      };
    });
  }

  async visibility(): Promise<Visibility> {
    return readVisibility(await this.#connection.connected());
  }

  /** Behind every transaction that has begun to write. */
  async nextXid(): Promise<number> {
    return takeXid(await this.#connection.connected());
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Read committed, and the lock in a statement of its own, for the reason that stands with the reading of rows by key. */
  async #inTransaction<T>(
    table: ScannedTable,
    work: (client: Client, shape: TableShape) => Promise<T>,
  ): Promise<T | undefined> {
    const client = await this.#connection.connected();
    try {
      await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
      const shape = await this.#shape(client, table);
      const done = shape === undefined ? undefined : await work(client, shape);
      await client.query('COMMIT');
      return done;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  #shape(
    client: Client,
    { relationOid, publications, columns }: ScannedTable,
  ): Promise<TableShape | undefined> {
    return readShape(client, this.#serverVersion, relationOid, publications, columns);
  }
}
