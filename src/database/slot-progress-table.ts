import type { Client } from 'pg';
import { PreconditionError } from '../errors.ts';
import { formatLsn, type Lsn, parseLsn } from '../lsn.ts';
import { closed, connect } from './connection.ts';
import { timeText } from './coverage-plan.ts';
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
/** Of an earlier version. */
const UNDEFINED_COLUMN = '42703';

/** How far a slot had come, and on which history of the server. `confirmedAt` is ISO 8601 in UTC. */
export type SlotProgress = {
  readonly confirmedLsn: Lsn;
  readonly confirmedAt: string;
  readonly systemId: string;
  readonly timeline: number;
};

/** How far one slot has come, on a connection of its own for each note. */
export class SlotProgressTable {
  readonly #url: string;
  readonly #slot: string;

  constructor({ url, slot }: { readonly url: string; readonly slot: string }) {
    this.#url = url;
    this.#slot = slot;
  }

  /**
   * `confirmedMicros` since 1970, on the server's clock; `on` is the server that has confirmed it. Only by whoever holds the slot. Rejects with
   * a Wal2AlgoliaError.
   */
  async note(
    confirmedLsn: Lsn,
    confirmedMicros: bigint,
    on: Pick<SlotProgress, 'systemId' | 'timeline'>,
  ): Promise<void> {
    let client: Client | undefined;
    try {
      client = await connect(this.#url, {
        applicationName: `${WALSENDER_NAME} progress`,
        settings: SETTINGS,
        queryTimeoutMs: QUERY_TIMEOUT_MS,
      });
      await client.query(
        `INSERT INTO ${SLOT_PROGRESS_TABLE} (slot_name, confirmed_lsn, confirmed_at, system_id, timeline)
         VALUES ($1, $2, timestamptz 'epoch' + $3::bigint * interval '1 microsecond', $4, $5)
         ON CONFLICT (slot_name) DO UPDATE
         SET confirmed_lsn = excluded.confirmed_lsn, confirmed_at = excluded.confirmed_at, noted_at = excluded.noted_at,
             system_id = excluded.system_id, timeline = excluded.timeline`,
        [this.#slot, formatLsn(confirmedLsn), String(confirmedMicros), on.systemId, on.timeline],
      );
    } catch (error) {
      throw failure(error);
    } finally {
      if (client !== undefined) await closed(client);
    }
  }
}

/** What was noted last; undefined where nobody did, or not on which history. Rejects with a Wal2AlgoliaError. */
export async function readSlotProgress(client: Client, slot: string): Promise<SlotProgress | undefined> {
  try {
    const { rows } = await client.query<Omit<SlotProgress, 'confirmedLsn'> & { lsn: string }>(
      `SELECT confirmed_lsn::text AS lsn, ${timeText('confirmed_at')} AS "confirmedAt", system_id AS "systemId", timeline
       FROM ${SLOT_PROGRESS_TABLE} WHERE slot_name = $1 AND system_id IS NOT NULL AND timeline IS NOT NULL`,
      [slot],
    );
    const [row] = rows;
    return row && { ...row, confirmedLsn: parseLsn(row.lsn) };
  } catch (error) {
    throw failure(error);
  }
}

const NOT_USABLE: readonly (string | undefined)[] = [
  UNDEFINED_TABLE,
  INVALID_SCHEMA_NAME,
  INSUFFICIENT_PRIVILEGE,
  UNDEFINED_COLUMN,
];

function failure(error: unknown): unknown {
  if (!NOT_USABLE.includes(sqlState(error)))
    return postgresFailure(error, 'noting how far the slot has come');
  return new PreconditionError(
    `${SLOT_PROGRESS_TABLE} is not there, not as it must be, or may not be written by this role: should the slot be lost, nobody will know since when`,
    { cause: error, remedy: 'Run `wal2algolia setup`, which makes it and grants what is missing.' },
  );
}
