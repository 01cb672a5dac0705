import type { Client } from 'pg';
import { sqlState } from '../failures.ts';
import { type IgnoredRequest, tellIgnored } from '../ignored-requests.ts';
import { ReadingConnection } from '../reading-connection.ts';
import { WALSENDER_NAME } from '../server.ts';
import { readVisibility, type Visibility } from '../visibility.ts';
import { BoundedText, type Keys, keysQuery, type RowText, type TextLimit, validKeys } from './key-query.ts';
import { checkUnaltered, readShape, type TableShape } from './table-shape.ts';

/** Rows of a table as it is now. */
export type Rows = { readonly shape: TableShape; readonly rows: readonly RowText[] };

/** They had more text than may be held: fewer keys have to be asked for. */
export type Overflowing = 'overflowing';

export type Wanted = Keys & {
  readonly relationOid: number;
  readonly publications: readonly string[];
  /** Those that its records are made of, key columns among them; undefined for all that are published. */
  readonly columns: readonly string[] | undefined;
  /** How much of each column's text is wanted; all of those that it does not name. */
  readonly limits: (shape: TableShape) => ReadonlyMap<string, TextLimit>;
  /** What the rows may have together, if there are several; all of it, where it is left out. */
  readonly textBytesMax?: number;
};

/** An ordinary connection on which rows are read again by their keys. It connects when it is first needed. */
export class RowReader {
  readonly #connection: ReadingConnection;
  readonly #serverVersion: number;

  constructor(url: string, serverVersion: number) {
    this.#connection = new ReadingConnection(url, `${WALSENDER_NAME} refresh`);
    this.#serverVersion = serverVersion;
  }

  async visibility(): Promise<Visibility> {
    return readVisibility(await this.#connection.connected());
  }

  /** As `tellIgnored`. */
  async tell(slot: string, requests: readonly IgnoredRequest[]): Promise<void> {
    await tellIgnored(await this.#connection.connected(), slot, requests);
  }

  /**
   * The rows of these keys, as the publications let them through. Undefined when the table is not published, or not there, any more.
   * Rejects with what Postgres or the connection says.
   */
  async read(wanted: Wanted): Promise<Rows | Overflowing | undefined> {
    const client = await this.#connection.connected();
    try {
      return await this.#inTransaction(client, wanted);
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /**
   * Read committed, and the lock in a statement of its own: the rows are then read by a snapshot from behind the lock. By an older one, a
   * table that was truncated or rewritten meanwhile would look empty. https://www.postgresql.org/docs/current/mvcc-caveats.html
   */
  async #inTransaction(client: Client, wanted: Wanted): Promise<Rows | Overflowing | undefined> {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    const shape = await this.#shape(client, wanted);
    if (shape === undefined) {
      await client.query('ROLLBACK');
      return undefined;
    }
    try {
      // Those of a change were valid when it was made, which may be before the column's type was altered.
      const keys = await validKeys(client, shape, wanted, this.#serverVersion);
      const { textBytesMax = Number.POSITIVE_INFINITY } = wanted;
      const types = new BoundedText(keys.length > 1 ? textBytesMax : Number.POSITIVE_INFINITY);
      const query = keysQuery(shape, { ...wanted, keys }, wanted.limits(shape));
      const { rows } = await client.query<RowText>({ ...query, types });
      await client.query('COMMIT');
      if (keys.length < wanted.keys.length) checkUnaltered(shape, await this.#shape(client, wanted));
      return types.isOverflowing ? 'overflowing' : { shape, rows };
    } catch (error) {
      if (sqlState(error) === undefined) throw error;
      await client.query('ROLLBACK');
      checkUnaltered(shape, await this.#shape(client, wanted));
      throw error;
    }
  }

  #shape(client: Client, { relationOid, publications, columns }: Wanted): Promise<TableShape | undefined> {
    return readShape(client, this.#serverVersion, relationOid, publications, columns);
  }
}
