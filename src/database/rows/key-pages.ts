import type { Client } from 'pg';
import { closed, connect } from '../connection.ts';
import { identifier } from '../quoting.ts';
import { readServer, WALSENDER_NAME } from '../server.ts';
import { readTable } from '../tables.ts';
import { absentTable, keyFailure } from './key-failures.ts';
import { behindSql, checkKeyOrder, type KeyOrder, orderSql, readKeyOrder } from './key-order.ts';
import { AS_TEXT } from './key-query.ts';
import { checkWhere, estimatedRows, ONE_STATEMENT, type RowScope, wantedSql } from './row-scope.ts';
import { readShape, type TableShape } from './table-shape.ts';

/** Texts of the key columns, in the order of the pass. */
export type KeyText = readonly string[];

export type KeyPagesOptions = {
  readonly url: string;
  /** As in the configuration. */
  readonly table: string;
  readonly keyColumns: readonly string[];
  /** What the rows are then read for; undefined for all that is published. */
  readonly columns: readonly string[] | undefined;
  /** Whose row filters hold; none where all is sent. */
  readonly publications: readonly string[];
  readonly scope: RowScope;
  /** The order of an earlier pass, which is kept. */
  readonly given?: readonly string[] | undefined;
};

/** A migration may take its time; a reader that was cut off ends, and no row is hidden from us in silence. */
const SETTINGS = {
  default_transaction_read_only: 'on',
  row_security: 'off',
  lock_timeout: '60s',
  idle_in_transaction_session_timeout: '60s',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
};
const PAGE_ROWS = 5_000;
/** An index gives the keys of so large a part of the table one after the other; of less, the planner finds them better. */
const DENSE = 0.2;
const CURSOR = 'wal2algolia_keys';

/**
 * Walks over the keys of a table in their order, page by page, on a connection of its own that can only read. Where an index gives them in
 * this order, each page is a statement of a moment; where none does, one statement sorts them into a temporary file of the server, from which
 * the pages come. No transaction outlives its statement.
 */
export class KeyPages {
  readonly order: KeyOrder;
  /** How many rows there are, as the planner estimates. */
  readonly rowsEstimated: number;
  /** Whether the keys are sorted at the beginning of the walk. */
  readonly isSorted: boolean;
  readonly #client: Client;
  readonly #options: KeyPagesOptions;
  readonly #oid: number;
  readonly #serverVersion: number;
  #hasCursor = false;

  private constructor(client: Client, options: KeyPagesOptions, found: Found) {
    this.#client = client;
    this.#options = options;
    ({
      order: this.order,
      rowsEstimated: this.rowsEstimated,
      oid: this.#oid,
      serverVersion: this.#serverVersion,
    } = found);
    this.isSorted = !found.order.isIndexed || found.share < DENSE;
  }

  /** Rejects with a Wal2AlgoliaError: also where the table is not there or not published, or the scope does not fit it. */
  static async open(options: KeyPagesOptions): Promise<KeyPages> {
    let client: Client | undefined;
    try {
      client = await connect(options.url, {
        applicationName: `${WALSENDER_NAME} backfill keys`,
        settings: SETTINGS,
      });
      return new KeyPages(client, options, await look(client, options));
    } catch (error) {
      if (client !== undefined) await closed(client);
      throw keyFailure(error, options);
    }
  }

  /** The keys behind this one, or the first; none at the end. With a cursor, those behind the page before. */
  async behind(key: KeyText | undefined): Promise<readonly KeyText[]> {
    try {
      if (!this.isSorted) {
        await this.#faster();
        const { rows } = await this.#selected(key, `LIMIT ${PAGE_ROWS}`, '');
        return rows;
      }
      if (!this.#hasCursor) await this.#selected(key, '', `DECLARE ${CURSOR} NO SCROLL CURSOR WITH HOLD FOR`);
      this.#hasCursor = true;
      const { rows } = await this.#client.query<string[]>({
        text: `FETCH ${PAGE_ROWS} FROM ${CURSOR}`,
        rowMode: 'array',
        types: AS_TEXT,
      });
      return rows;
    } catch (error) {
      throw keyFailure(error, this.#options);
    }
  }

  /** How many rows lack a part of their key. */
  async nameless(): Promise<number> {
    if (!this.order.isNullable) return 0;
    const lacks = this.order.columns.map(({ name }) => `present.${identifier(name)} IS NULL`).join(' OR ');
    try {
      return await inTransaction(this.#client, async () => {
        const shape = await this.#shape();
        const { rows } = await this.#client.query<{ count: number }>({
          text: `SELECT count(*)::float8 AS count FROM ${shape.from} AS present WHERE (${lacks})${await this.#wanted(shape)}`,
          ...ONE_STATEMENT,
        });
        return rows[0]?.count ?? 0;
      });
    } catch (error) {
      throw keyFailure(error, this.#options);
    }
  }

  async close(): Promise<void> {
    await closed(this.#client);
  }

  #selected(key: KeyText | undefined, limit: string, prefix: string) {
    return inTransaction(this.#client, async () => {
      const shape = await this.#shape();
      await checkKeyOrder(this.#client, shape, this.order);
      const names = this.order.columns.map(({ name }) => `present.${identifier(name)}`);
      const named = this.order.isNullable ? names.map((name) => ` AND ${name} IS NOT NULL`).join('') : '';
      const position = key === undefined ? '' : ` AND ${behindSql(this.order)}`;
      return await this.#client.query<string[]>({
        text: `${prefix} SELECT ${names.join(', ')} FROM ${shape.from} AS present
          WHERE true${named}${position}${await this.#wanted(shape)} ORDER BY ${orderSql(this.order)} ${limit}`,
        values: [...(key ?? [])],
        ...ONE_STATEMENT,
        rowMode: 'array',
        types: AS_TEXT,
      });
    });
  }

  /** A page comes from the index, also where a sort of the table would seem cheaper by a little. */
  async #faster(): Promise<void> {
    if (this.#hasCursor) return;
    this.#hasCursor = true;
    await this.#client.query('SET enable_sort = off; SET enable_seqscan = off; SET enable_bitmapscan = off');
  }

  async #shape(): Promise<TableShape> {
    return await shapeOf(this.#client, this.#serverVersion, this.#oid, this.#options);
  }

  async #wanted(shape: TableShape): Promise<string> {
    return await wantedSql(this.#client, shape, this.#options.scope);
  }
}

type Found = {
  readonly oid: number;
  readonly serverVersion: number;
  readonly order: KeyOrder;
  readonly rowsEstimated: number;
  /** Of the table's rows. */
  readonly share: number;
};

async function look(client: Client, options: KeyPagesOptions): Promise<Found> {
  const { version: serverVersion } = await readServer(client);
  const table = await readTable(client, options.table);
  if (table === undefined) throw absentTable(options.table);
  const { oid } = table;
  return await inTransaction(client, async () => {
    const shape = await shapeOf(client, serverVersion, oid, options);
    // Whoever may not read the rows would have their keys asked for in vain.
    const whole = await readShape(client, serverVersion, oid, options.publications, options.columns);
    const names = whole?.columns.map(({ name }) => identifier(name)) ?? [];
    await client.query(`SELECT ${names.join(', ')} FROM ${shape.from} LIMIT 0`);
    await checkWhere(client, shape, options.scope);
    const wanted = await wantedSql(client, shape, options.scope);
    const rowsEstimated = await estimatedRows(client, shape, wanted);
    const all = await estimatedRows(client, shape, '');
    const order = await readKeyOrder(client, shape, options.keyColumns, options.given);
    const isScoped = options.scope.where !== undefined || options.scope.time !== undefined;
    return {
      oid,
      serverVersion,
      order,
      rowsEstimated,
      share: isScoped ? rowsEstimated / Math.max(1, all) : 1,
    };
  });
}

async function shapeOf(
  client: Client,
  serverVersion: number,
  oid: number,
  { publications, keyColumns, table }: KeyPagesOptions,
): Promise<TableShape> {
  const shape = await readShape(client, serverVersion, oid, publications, keyColumns);
  if (shape === undefined) throw absentTable(table);
  return shape;
}

/** Read committed, and nothing but one statement behind the lock that the look at the table takes. */
async function inTransaction<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY');
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
