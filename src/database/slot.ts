import type { Client } from 'pg';
import { GapError, PreconditionError } from '../errors.ts';
import { type Lsn, parseLsn } from '../lsn.ts';

export type Slot = {
  readonly name: string;
  readonly plugin: string;
  readonly database: string;
  readonly temporary: boolean;
  /** Process id of the walsender that serves it, undefined when nobody reads it. */
  readonly activePid: number | undefined;
  readonly confirmedLsn: Lsn;
  readonly restartLsn: Lsn | undefined;
  /** reserved, extended, unreserved or lost. https://www.postgresql.org/docs/current/view-pg-replication-slots.html */
  readonly walStatus: string;
};

type SlotRow = {
  plugin: string | null;
  database: string | null;
  temporary: boolean;
  active_pid: number | null;
  confirmed: string | null;
  restart: string | null;
  wal_status: string | null;
};

/** The slot's row of `pg_replication_slots`, of whatever plugin and database; undefined when there is none. */
export async function readSlot(client: Client, name: string): Promise<Slot | undefined> {
  const { rows } = await client.query<SlotRow>(
    `SELECT plugin, database, temporary, active_pid, confirmed_flush_lsn::text AS confirmed,
            restart_lsn::text AS restart, wal_status
     FROM pg_replication_slots WHERE slot_name = $1`,
    [name],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  return {
    name,
    plugin: row.plugin ?? 'physical',
    database: row.database ?? '',
    temporary: row.temporary,
    activePid: row.active_pid ?? undefined,
    confirmedLsn: parseLsn(row.confirmed ?? '0/0'),
    restartLsn: row.restart === null ? undefined : parseLsn(row.restart),
    walStatus: row.wal_status ?? 'lost',
  };
}

/**
 * Throws unless the slot can serve us. A slot that is gone or lost is a gap, which only the operator may close; one of another plugin or
 * database was never ours when the process starts, and is a replaced one later on.
 */
export function checkSlot(
  slot: Slot | undefined,
  wanted: { readonly name: string; readonly plugin: string; readonly database: string },
  when: 'start' | 'later',
): asserts slot is Slot {
  if (slot === undefined) {
    throw new GapError(`replication slot "${wanted.name}" does not exist`, {
      remedy:
        'If this is the first start, run `wal2algolia setup`. If the slot was there before, rows since then are missing: create it anew with `wal2algolia setup` and compare table and index.',
    });
  }
  const foreign =
    slot.plugin !== wanted.plugin
      ? `uses the plugin ${slot.plugin}, not ${wanted.plugin}`
      : slot.database !== wanted.database
        ? `belongs to database "${slot.database}", not "${wanted.database}"`
        : undefined;
  if (foreign !== undefined) {
    const ForeignSlotError = when === 'start' ? PreconditionError : GapError;
    throw new ForeignSlotError(`replication slot "${wanted.name}" ${foreign}`, {
      remedy:
        'Name another slot (`replication.slot` or WAL2ALGOLIA_SLOT) and run `wal2algolia setup`, or drop this one if nobody needs it.',
    });
  }
  if (slot.walStatus === 'lost') {
    throw new GapError(
      `replication slot "${wanted.name}" is lost: the server has removed WAL that it needs`,
      {
        remedy:
          'Drop it with `SELECT pg_drop_replication_slot(...)`, run `wal2algolia setup` for a new one and compare table and index: rows in between are missing. Raise max_slot_wal_keep_size to keep WAL longer.',
      },
    );
  }
}
