import type { Client } from 'pg';
import { PreconditionError } from '../errors.ts';
import { formatLsn, type Lsn } from '../lsn.ts';
import { closed, connect } from './connection.ts';
import { postgresFailure, sqlState } from './failures.ts';
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
const INVALID_SCHEMA_NAME = '3F000';
const INSUFFICIENT_PRIVILEGE = '42501';

/** How far one slot has come, on a connection of its own for each note. */
export class SlotProgressTable {
  readonly #url: string;
  readonly #slot: string;

  constructor({ url, slot }: { readonly url: string; readonly slot: string }) {
    this.#url = url;
    this.#slot = slot;
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
        `INSERT INTO ${SLOT_PROGRESS_TABLE} (slot_name, confirmed_lsn, confirmed_at)
         VALUES ($1, $2, timestamptz 'epoch' + $3::bigint * interval '1 microsecond')
         ON CONFLICT (slot_name) DO UPDATE
         SET confirmed_lsn = excluded.confirmed_lsn, confirmed_at = excluded.confirmed_at, noted_at = excluded.noted_at`,
        [this.#slot, formatLsn(confirmedLsn), String(confirmedMicros)],
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
  if (code !== UNDEFINED_TABLE && code !== INVALID_SCHEMA_NAME && code !== INSUFFICIENT_PRIVILEGE)
    return postgresFailure(error, 'noting how far the slot has come');
  return new PreconditionError(
    `${SLOT_PROGRESS_TABLE} is not there, or may not be written by this role: should the slot be lost, nobody will know since when`,
    { cause: error, remedy: 'Run `wal2algolia setup`, which makes it and grants what is missing.' },
  );
}
