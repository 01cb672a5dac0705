import type { Client } from 'pg';
import { PreconditionError } from '../errors.ts';
import { formatLsn, type Lsn } from '../lsn.ts';
import { closed, connect } from './connection.ts';
import { postgresFailure, sqlState } from './failures.ts';
import type { HeldTables } from './held-tables.ts';
import { WALSENDER_NAME } from './server.ts';
import { SLOT_PROGRESS_TABLE } from './slot-progress-plan.ts';

const SETTINGS = {
  // One that is lost with the server was noted before.
  synchronous_commit: 'local',
  default_transaction_read_only: 'off',
  lock_timeout: '5s',
  statement_timeout: '10s',
};
const QUERY_TIMEOUT_MS = 15_000;
const UNDEFINED_TABLE = '42P01';
const UNDEFINED_COLUMN = '42703';
const INVALID_SCHEMA_NAME = '3F000';
const INSUFFICIENT_PRIVILEGE = '42501';

export type SlotProgressOptions = {
  readonly url: string;
  readonly slot: string;
  /** What is written where, by whoever notes it. */
  readonly tables: HeldTables;
};

/** How far one slot has come, on a connection of its own for each note. */
export class SlotProgressTable {
  readonly #url: string;
  readonly #slot: string;
  readonly #tables: HeldTables;

  constructor({ url, slot, tables }: SlotProgressOptions) {
    this.#url = url;
    this.#slot = slot;
    this.#tables = tables;
  }

  /** `confirmedMicros` since 1970, on the server's clock. Only by whoever holds the slot. Rejects with a Wal2AlgoliaError. */
  async note(confirmedLsn: Lsn, confirmedMicros: bigint): Promise<void> {
    let client: Client | undefined;
    try {
      client = await connect(this.#url, {
        applicationName: `${WALSENDER_NAME} progress`,
        settings: SETTINGS,
        queryTimeoutMs: QUERY_TIMEOUT_MS,
      });
      await client.query(
        `INSERT INTO ${SLOT_PROGRESS_TABLE} (slot_name, confirmed_lsn, confirmed_at, tables)
         VALUES ($1, $2, timestamptz 'epoch' + $3::bigint * interval '1 microsecond', $4)
         ON CONFLICT (slot_name) DO UPDATE
         SET confirmed_lsn = excluded.confirmed_lsn, confirmed_at = excluded.confirmed_at, noted_at = excluded.noted_at, tables = excluded.tables`,
        [this.#slot, formatLsn(confirmedLsn), String(confirmedMicros), JSON.stringify(this.#tables)],
      );
    } catch (error) {
      throw failure(error);
    } finally {
      if (client !== undefined) await closed(client);
    }
  }
}

function failure(error: unknown): unknown {
  const code = sqlState(error);
  const isOfSetup = [UNDEFINED_TABLE, UNDEFINED_COLUMN, INVALID_SCHEMA_NAME, INSUFFICIENT_PRIVILEGE];
  if (!isOfSetup.includes(code ?? '')) return postgresFailure(error, 'noting how far the slot has come');
  return new PreconditionError(
    `${SLOT_PROGRESS_TABLE} is not there, lacks a column, or may not be written by this role: should the slot be lost, nobody will know since when`,
    { cause: error, remedy: 'Run `wal2algolia setup`, which makes it and grants what is missing.' },
  );
}
