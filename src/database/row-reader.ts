import type { Client } from 'pg';
import { SessionLostError } from '../errors.ts';
import { BoundedText, type Keys, keysQuery, type RowText, type TextLimit, validKeys } from './key-query.ts';
import { ReadingConnection } from './reading-connection.ts';
import { WALSENDER_NAME } from './server.ts';
import { parseSnapshot, type Snapshot } from './snapshot.ts';
import { readShape, type TableShape } from './table-shape.ts';

/** Rows of a table as it is now. */
export type Rows = {
  readonly shape: TableShape;
  readonly rows: readonly RowText[];
  /** They had more text than may be held: there are no `rows`, and fewer keys have to be asked for. */
  readonly isOverflowing: boolean;
};

/** What may have committed without being visible yet. */
export type Visibility = {
  readonly snapshot: Snapshot;
  /** Xids that are in the WAL as committed and wait for a synchronous standby. */
  readonly waiting: ReadonlySet<number>;
};

export type Wanted = Keys & {
  readonly relationOid: number;
  readonly publications: readonly string[];
  /** Those that its records are made of, key columns among them; undefined for all that are published. */
  readonly columns: readonly string[] | undefined;
  /** How much of each column's text is wanted; all of those that it does not name. */
  readonly limits: (shape: TableShape) => ReadonlyMap<string, TextLimit>;
  /** What the rows may have together, if there are several; all of it, where it is left out. */
  readonly charactersMax?: number;
};

/** An ordinary connection on which rows are read again by their keys. It connects when it is first needed. */
export class RowReader {
  readonly #connection: ReadingConnection;
  readonly #serverVersion: number;

  constructor(url: string, serverVersion: number) {
    this.#connection = new ReadingConnection(url, `${WALSENDER_NAME} refresh`);
    this.#serverVersion = serverVersion;
  }

  /**
   * Who commits a prepared transaction has no xid: any that is prepared may be the one. Without pg_read_all_stats nobody says what
   * others wait for: any of them may wait for a standby, where there is one.
   */
  async visibility(): Promise<Visibility> {
    const client = await this.#connection.connected();
    const { rows } = await client.query<{ snapshot: string; waiting: number[] }>(
      `SELECT pg_current_snapshot()::text AS snapshot,
              ARRAY(SELECT coalesce(a.backend_xid, p.transaction)::text::int8::float8
                    FROM pg_stat_activity a LEFT JOIN pg_prepared_xacts p ON a.backend_xid IS NULL
                    WHERE coalesce(a.backend_xid, p.transaction) IS NOT NULL
                      AND (a.wait_event = 'SyncRep'
                        OR (a.query = '<insufficient privilege>' AND current_setting('synchronous_standby_names') <> ''))) AS waiting`,
    );
    const row = rows[0];
    if (row === undefined) throw new SessionLostError('Postgres answered without a snapshot');
    return { snapshot: parseSnapshot(row.snapshot), waiting: new Set(row.waiting) };
  }

  /**
   * The rows of these keys, as the publications let them through. Undefined when the table is not published, or not there, any more.
   * Rejects with what Postgres or the connection says.
   */
  async read(wanted: Wanted): Promise<Rows | undefined> {
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
  async #inTransaction(client: Client, wanted: Wanted): Promise<Rows | undefined> {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    const { relationOid, publications, columns } = wanted;
    const shape = await readShape(client, this.#serverVersion, relationOid, publications, columns);
    if (shape === undefined) {
      await client.query('ROLLBACK');
      return undefined;
    }
    // Those of a change were valid when it was made, which may be before the column's type was altered.
    const keys = await validKeys(client, shape, wanted);
    const { charactersMax = Number.POSITIVE_INFINITY } = wanted;
    const types = new BoundedText(keys.length > 1 ? charactersMax : Number.POSITIVE_INFINITY);
    const query = keysQuery(shape, { ...wanted, keys }, wanted.limits(shape));
    const { rows } = await client.query<RowText>({ ...query, types });
    await client.query('COMMIT');
    const { isOverflowing } = types;
    return { shape, rows: isOverflowing ? [] : rows, isOverflowing };
  }
}
