import type { Client } from 'pg';
import { DeadLettersUnwritableError, SessionLostError } from '../../errors.ts';
import { LATE, withinMs } from '../../time-limit.ts';
import { closed, connect } from '../connection.ts';
import { postgresFailure } from '../failures.ts';
import { lookAtOwnTable } from '../own-tables/own-table-plan.ts';
import { WALSENDER_NAME } from '../server.ts';
import { textForm } from '../storable-text.ts';
import { removeErased } from './dead-letter-erasure.ts';
import { deadLetterFailure } from './dead-letter-failure.ts';
import { DEAD_LETTER_TABLE, DEAD_LETTERS } from './dead-letter-plan.ts';
import {
  type LetterKey,
  removeSettled,
  removeTables,
  type StoredLetter,
  upsert,
} from './dead-letter-rows.ts';

const SETTINGS = {
  // A letter must survive whatever its confirmation survives.
  synchronous_commit: 'on',
  default_transaction_read_only: 'off',
  lock_timeout: '5s',
  statement_timeout: '20s',
  // Whoever is frozen in the middle of a change does not finish it afterwards: another may hold the slot by then.
  idle_in_transaction_session_timeout: '10s',
};
/** The server gives up first, but for a commit that waits for a synchronous standby: no timeout of its ends that. */
const QUERY_TIMEOUT_MS = 25_000;
const CHANGE_TIMEOUT_MS = 60_000;

export type Kept = {
  readonly keys: readonly LetterKey[];
  /** How many letters each table has. */
  readonly counts: ReadonlyMap<string, number>;
};

export type Changes = {
  readonly settled: readonly LetterKey[];
  readonly emptied: readonly string[];
  readonly setAside: readonly StoredLetter[];
};

/** The table of dead letters, as far as one slot's are concerned, on a connection of its own that is made when it is needed. */
export class DeadLetterTable {
  readonly #url: string;
  readonly #slot: string;
  readonly #changeTimeoutMs: number;
  #client: Promise<Client> | undefined;
  #form = textForm('UTF8');
  #closed = false;

  constructor(options: {
    readonly url: string;
    readonly slot: string;
    /** As long as a change may take; for tests. */
    readonly changeTimeoutMs?: number | undefined;
  }) {
    this.#url = options.url;
    this.#slot = options.slot;
    this.#changeTimeoutMs = options.changeTimeoutMs ?? CHANGE_TIMEOUT_MS;
  }

  /** Up to so many keys. A table that is not there, or may not be read, has none; the error says what a letter would meet. */
  async read(keysMax: number): Promise<Kept & { readonly obstacle: DeadLettersUnwritableError | undefined }> {
    const found = await this.#bounded(async (client) => {
      const { isReadable, missing } = await lookAtOwnTable(client, DEAD_LETTERS);
      const obstacle = missing.length === 0 ? undefined : notReady(missing);
      if (!isReadable) return { keys: [], counts: new Map(), obstacle };
      const { rows } = await client.query<LetterKey>(
        `SELECT index_name AS index, object_id AS "objectID" FROM ${DEAD_LETTER_TABLE}
         WHERE slot_name = $1 AND object_id IS NOT NULL LIMIT $2`,
        [this.#slot, keysMax],
      );
      const { nameOf } = this.#form;
      const keys = rows.map(({ index, objectID }) => ({ index: nameOf(index), objectID: nameOf(objectID) }));
      return { keys, counts: await this.#counts(client), obstacle };
    });
    // Most sessions never set anything aside, and need no connection for it.
    await this.#drop();
    return found;
  }

  /**
   * All of it or nothing, in the order of the names. Resolves with the letters that there are now, once they are durable. Rejects
   * with a DeadLettersUnwritableError when the server refuses, and with a SessionLostError when the connection or time is at fault.
   */
  change({ settled, emptied, setAside }: Changes): Promise<Kept['counts']> {
    return this.#bounded(async (client) => {
      await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
      await removeSettled(client, this.#slot, settled, this.#form);
      await removeTables(client, this.#slot, emptied, this.#form);
      await upsert(client, this.#slot, setAside, this.#form);
      const counts = await this.#counts(client);
      await client.query('COMMIT');
      return counts;
    });
  }

  /** Resolves with how many letters went, and with those that there are then. */
  erase(
    isErased: (table: string, record: string) => boolean,
  ): Promise<{ readonly removed: number; readonly counts: Kept['counts'] }> {
    return this.#bounded(async (client) => {
      const { isReadable } = await lookAtOwnTable(client, DEAD_LETTERS);
      if (!isReadable) return { removed: 0, counts: new Map() };
      const removed = await removeErased(client, this.#slot, this.#form, isErased);
      return { removed, counts: await this.#counts(client) };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#drop();
  }

  async #counts(client: Client): Promise<Kept['counts']> {
    const { rows } = await client.query<{ table: string; letters: number }>(
      `SELECT table_name AS table, count(*)::float8 AS letters FROM ${DEAD_LETTER_TABLE} WHERE slot_name = $1 GROUP BY 1`,
      [this.#slot],
    );
    return new Map(rows.map(({ table, letters }) => [this.#form.nameOf(table), letters]));
  }

  /** After any failure the next one who asks gets a new connection. */
  async #bounded<T>(work: (client: Client) => Promise<T>): Promise<T> {
    try {
      const done = await withinMs(this.#changeTimeoutMs, this.#connected().then(work));
      if (done !== LATE) return done;
      throw new SessionLostError(`dead letters: no answer within ${this.#changeTimeoutMs} ms`, {
        remedy: 'Look at who holds locks on the table, and whether a synchronous standby answers.',
      });
    } catch (error) {
      this.#drop().catch(() => undefined);
      throw deadLetterFailure(error);
    }
  }

  async #connected(): Promise<Client> {
    if (this.#closed) throw new SessionLostError('the dead letters are closed');
    this.#client ??= this.#connect();
    return this.#client;
  }

  async #connect(): Promise<Client> {
    try {
      const client = await connect(this.#url, {
        applicationName: `${WALSENDER_NAME} dead letters`,
        settings: SETTINGS,
        queryTimeoutMs: QUERY_TIMEOUT_MS,
      });
      const { rows } = await client.query<{ encoding: string }>(
        `SELECT current_setting('server_encoding') AS encoding`,
      );
      this.#form = textForm(rows[0]?.encoding ?? '');
      return client;
    } catch (error) {
      throw postgresFailure(error, 'connecting to Postgres for the dead letters');
    }
  }

  async #drop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.then(closed, () => undefined);
  }
}

function notReady(missing: readonly string[]): DeadLettersUnwritableError {
  return new DeadLettersUnwritableError(`${DEAD_LETTER_TABLE} is not as it must be to set a row aside`, {
    remedy: `Run \`wal2algolia setup\`, or as the owner: ${missing.join('; ')}.`,
  });
}
