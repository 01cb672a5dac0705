import type { Client } from 'pg';
import { UnavailableError } from '../../errors.ts';
import type { Lsn } from '../../lsn.ts';
import { tryLock } from '../advisory-lock.ts';
import { closed } from '../connection.ts';
import { postgresFailure } from '../failures.ts';
import { IgnoredRequests } from '../ignored-requests.ts';
import { askInWal } from '../refresh-asking.ts';
import { timeProperty } from '../time-text.ts';
import { type BackfillName, lockName } from './backfill-name.ts';
import { BACKFILL_TABLE, BACKFILLS } from './backfill-plan.ts';
import { type HeldTables, readHeldTables, type Untold } from './held-tables.ts';
import { connectToOwnTable } from './own-table-connection.ts';
import { checkOwnTable } from './own-table-plan.ts';

/** Whoever is behind after a crash reads some rows once more. */
const CONNECTION = { purpose: 'backfill', synchronousCommit: 'local' } as const;
/** A process that was killed keeps its lock until its server process has noticed. */
const LOCK_PATIENCE_MS = 5_000;
const LOCK_PAUSE_MS = 250;

/** Into what, and by which columns; one that differs is another backfill. */
export type BackfillTarget = {
  readonly index: string;
  readonly prefix: string;
  /** Columns, in the order in which they make an objectID; null where a version before did not keep them. */
  readonly objectID: readonly string[] | null;
  /** The same, in the order of the pass. */
  readonly keyColumns: readonly string[];
  /** What the order of each of them depends on. */
  readonly keyTypes: readonly string[];
};

export type BackfillState = BackfillTarget & {
  /** Everything up to this key is confirmed, in the order of `keyColumns`; null before the first chunk. */
  readonly throughKey: readonly string[] | null;
  readonly rows: number;
  readonly unnamable: number;
  /** Null while it is not finished; ISO 8601 in UTC. */
  readonly finishedAt: string | null;
};

const STATE = `index_name AS index, id_prefix AS prefix, object_id AS "objectID", key_columns AS "keyColumns", key_types AS "keyTypes", through_key AS "throughKey", rows_done::float8 AS rows,
  rows_unnamable::float8 AS unnamable, ${timeProperty('finished_at', 'finishedAt')}`;
const IS_NAMED = 'slot_name = $1 AND table_name = $2 AND md5(scope) = md5($3)';

/**
 * How far one backfill has come, kept in the database, and the connection on which it asks for rows. Nobody else has the same one open. Its
 * methods reject with a Wal2AlgoliaError.
 */
export class BackfillTable {
  readonly #client: Client;
  readonly #name: BackfillName;
  readonly #ignored: IgnoredRequests;

  private constructor(client: Client, name: BackfillName, ignored: IgnoredRequests) {
    this.#client = client;
    this.#name = name;
    this.#ignored = ignored;
  }

  /** Rejects with a PreconditionError where the table is missing or may not be used, and when somebody else has this one open. */
  static async open(url: string, name: BackfillName): Promise<BackfillTable> {
    let client: Client | undefined;
    try {
      client = await connectToOwnTable(url, CONNECTION);
      await checkBackfills(client);
      await lock(client, name);
      return new BackfillTable(client, name, await IgnoredRequests.listen(client, name.slot));
    } catch (error) {
      if (client !== undefined) await closed(client);
      throw postgresFailure(error, 'backfill');
    }
  }

  /** Undefined where it was never begun. */
  async state(): Promise<BackfillState | undefined> {
    const [state] = await this.#query<BackfillState>(
      `SELECT ${STATE} FROM ${BACKFILL_TABLE} WHERE ${IS_NAMED}`,
    );
    return state;
  }

  /** Begins anew, whatever was there. */
  async begin({ index, prefix, objectID, keyColumns, keyTypes }: BackfillTarget): Promise<void> {
    await this.#query(
      `INSERT INTO ${BACKFILL_TABLE} (slot_name, table_name, scope, index_name, id_prefix, object_id, key_columns, key_types)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (slot_name, table_name, md5(scope)) DO UPDATE
       SET index_name = excluded.index_name, id_prefix = excluded.id_prefix, object_id = excluded.object_id,
           key_columns = excluded.key_columns, key_types = excluded.key_types, through_key = NULL, rows_done = 0, rows_unnamable = 0, started_at = now(), updated_at = now(), finished_at = NULL`,
      index,
      prefix,
      objectID,
      keyColumns,
      keyTypes,
    );
  }

  /** Rejects with a PreconditionError where what was asked for is confirmed without being done. */
  async checkHeeded(): Promise<void> {
    await this.#ignored.check(this.#name.table);
  }

  /** Everything up to this key is confirmed; `rows` is how many that are in all, `unnamable` how many of them have no record. */
  async passed(throughKey: readonly string[], rows: number, unnamable: number): Promise<void> {
    await this.#query(
      `UPDATE ${BACKFILL_TABLE} SET through_key = $4, rows_done = $5, rows_unnamable = $6, updated_at = now() WHERE ${IS_NAMED}`,
      throughKey,
      rows,
      unnamable,
    );
  }

  async finish(unnamable: number): Promise<void> {
    await this.#query(
      `UPDATE ${BACKFILL_TABLE} SET rows_unnamable = $4, updated_at = now(), finished_at = now() WHERE ${IS_NAMED}`,
      unnamable,
    );
  }

  /** As `readHeldTables`, of the slot that it is for. */
  async heldTables(): Promise<HeldTables | Untold | undefined> {
    try {
      return await readHeldTables(this.#client, this.#name.slot);
    } catch (error) {
      throw postgresFailure(error, 'looking at what the holder of the slot writes');
    }
  }

  /** As `askInWal`. */
  ask(messages: readonly string[]): Promise<Lsn> {
    return askInWal(this.#client, messages);
  }

  async close(): Promise<void> {
    await closed(this.#client);
  }

  async #query<Row extends object = object>(sql: string, ...values: readonly unknown[]): Promise<Row[]> {
    const { slot, table, scope } = this.#name;
    try {
      return (await this.#client.query<Row>(sql, [slot, table, scope, ...values])).rows;
    } catch (error) {
      throw postgresFailure(error, 'keeping how far the backfill has come');
    }
  }
}

/** Rejects with a PreconditionError where the table is missing or may not be used. */
export async function checkBackfills(client: Client): Promise<void> {
  await checkOwnTable(client, BACKFILLS, 'says how far a backfill has come');
}

async function lock(client: Client, name: BackfillName): Promise<void> {
  const deadlineMs = performance.now() + LOCK_PATIENCE_MS;
  for (;;) {
    if (await tryLock(client, lockName(name))) return;
    if (performance.now() > deadlineMs) {
      throw new UnavailableError(`${name.table} is being backfilled by another process`, {
        remedy: 'Wait for it, or end it; what it has done by then is kept.',
      });
    }
    await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE_MS));
  }
}
