import type { Client } from 'pg';
import { PreconditionError } from '../../errors.ts';
import { formatLsn, type Lsn, parseLsn } from '../../lsn.ts';
import { lacksTable, postgresFailure, sqlState } from '../failures.ts';
import { timeText } from '../time-text.ts';
import type { HeldTables } from './held-tables.ts';
import { withOwnTable } from './own-table-connection.ts';
import { SLOT_PROGRESS_TABLE } from './slot-progress-plan.ts';

/** Before a note that is lost with the server there was another. */
const CONNECTION = { purpose: 'progress', synchronousCommit: 'local' } as const;
/** Of a table that an earlier version made. */
const UNDEFINED_COLUMN = '42703';

export type SlotProgressOptions = {
  readonly url: string;
  readonly slot: string;
  /** What is written where, by whoever notes it. */
  readonly tables: HeldTables;
};

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
  readonly #tables: HeldTables;

  constructor({ url, slot, tables }: SlotProgressOptions) {
    this.#url = url;
    this.#slot = slot;
    this.#tables = tables;
  }

  /** Which tables are written where, before anything is: by whoever has just got the slot. Rejects with a Wal2AlgoliaError. */
  async tell({ confirmedLsn }: Pick<SlotProgress, 'confirmedLsn'>): Promise<void> {
    await this.#write(
      `INSERT INTO ${SLOT_PROGRESS_TABLE} (slot_name, confirmed_lsn, confirmed_at, tables, tables_at)
       VALUES ($1, $2, '-infinity', $3, now())
       ON CONFLICT (slot_name) DO UPDATE SET tables = excluded.tables, tables_at = excluded.tables_at`,
      formatLsn(confirmedLsn),
      JSON.stringify(this.#tables),
    );
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
    await this.#write(
      `INSERT INTO ${SLOT_PROGRESS_TABLE} (slot_name, confirmed_lsn, confirmed_at, tables, tables_at, system_id, timeline)
       VALUES ($1, $2, timestamptz 'epoch' + $3::bigint * interval '1 microsecond', $4, now(), $5, $6)
       ON CONFLICT (slot_name) DO UPDATE
       SET confirmed_lsn = excluded.confirmed_lsn, confirmed_at = excluded.confirmed_at, noted_at = excluded.noted_at,
           tables = excluded.tables, tables_at = excluded.tables_at, system_id = excluded.system_id, timeline = excluded.timeline`,
      formatLsn(confirmedLsn),
      String(confirmedMicros),
      JSON.stringify(this.#tables),
      on.systemId,
      on.timeline,
    );
  }

  async #write(sql: string, ...values: readonly unknown[]): Promise<void> {
    try {
      await withOwnTable(this.#url, CONNECTION, (client) => client.query(sql, [this.#slot, ...values]));
    } catch (error) {
      throw failure(error);
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

function failure(error: unknown): unknown {
  const lacks = lacksTable(error) || sqlState(error) === UNDEFINED_COLUMN;
  if (!lacks) return postgresFailure(error, 'noting how far the slot has come');
  return new PreconditionError(
    `${SLOT_PROGRESS_TABLE} is not there, not as it must be, or may not be written by this role: should the slot be lost, nobody will know since when`,
    { cause: error, remedy: 'Run `wal2algolia setup`, which makes it and grants what is missing.' },
  );
}
