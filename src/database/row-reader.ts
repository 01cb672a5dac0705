import type { Client } from 'pg';
import { SessionLostError } from '../errors.ts';
import { connect } from './connection.ts';
import { type Keys, keysQuery, type RowText, validKeys } from './key-query.ts';
import { WALSENDER_NAME } from './server.ts';
import { parseSnapshot, type Snapshot } from './snapshot.ts';
import { readShape, type TableShape } from './table-shape.ts';

/** Rows of a table as it is now. */
export type Rows = { readonly shape: TableShape; readonly rows: readonly RowText[] };

/** What may have committed without being visible yet. */
export type Visibility = {
  readonly snapshot: Snapshot;
  /** Xids that are in the WAL as committed and wait for a synchronous standby. */
  readonly waiting: ReadonlySet<number>;
};

export type Wanted = Keys & {
  readonly relationOid: number;
  readonly publications: readonly string[];
  /** The only columns to be read; undefined for all that are published. */
  readonly columns: readonly string[] | undefined;
  /** Somebody asked for the keys; they need not be ones that the table can have. */
  readonly mayBeInvalid: boolean;
};

/** Only names that say where they are, rows that nobody filters for us, and an index rather than a walk over the table. */
const SETTINGS = {
  search_path: '',
  row_security: 'off',
  default_transaction_read_only: 'on',
  lock_timeout: '10s',
  enable_seqscan: 'off',
};
const QUERY_TIMEOUT_MS = 60_000;

/** An ordinary connection on which rows are read again by their keys. It connects when it is first needed. */
export class RowReader {
  readonly #url: string;
  readonly #serverVersion: number;
  #client: Promise<Client> | undefined;
  #closed = false;

  constructor(url: string, serverVersion: number) {
    this.#url = url;
    this.#serverVersion = serverVersion;
  }

  async visibility(): Promise<Visibility> {
    const client = await this.#connected();
    const { rows } = await client.query<{ snapshot: string; waiting: number[] }>(
      `SELECT pg_current_snapshot()::text AS snapshot,
              ARRAY(SELECT backend_xid::text::int8::float8 FROM pg_stat_activity
                    WHERE wait_event = 'SyncRep' AND backend_xid IS NOT NULL) AS waiting`,
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
    const client = await this.#connected();
    try {
      return await this.#inTransaction(client, wanted);
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.then((client) => client.end()).catch(() => undefined);
  }

  /**
   * Read committed, and the lock in a statement of its own: the rows are then read by a snapshot from behind the lock. By an older one, a
   * table that was truncated or rewritten meanwhile would look empty. https://www.postgresql.org/docs/current/mvcc-caveats.html
   */
  async #inTransaction(client: Client, wanted: Wanted): Promise<Rows | undefined> {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    const whole = await readShape(client, this.#serverVersion, wanted.relationOid, wanted.publications);
    if (whole === undefined) {
      await client.query('ROLLBACK');
      return undefined;
    }
    const columns = whole.columns.filter(({ name }) => wanted.columns?.includes(name) ?? true);
    const shape = { ...whole, columns };
    const keys = wanted.mayBeInvalid ? await validKeys(client, shape, wanted) : wanted.keys;
    const { rows } = await client.query<RowText>(keysQuery(shape, { ...wanted, keys }));
    await client.query('COMMIT');
    return { shape, rows };
  }

  #connected(): Promise<Client> {
    if (this.#closed) return Promise.reject(new SessionLostError('the session is over'));
    this.#client ??= connect(this.#url, {
      applicationName: `${WALSENDER_NAME} refresh`,
      settings: SETTINGS,
      queryTimeoutMs: QUERY_TIMEOUT_MS,
    });
    return this.#client;
  }
}
