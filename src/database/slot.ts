import type { Client } from 'pg';
import { GapError, PreconditionError, SlotLostError } from '../errors.ts';
import { formatLsn, LSN_ZERO, type Lsn, parseLsn } from '../lsn.ts';
import { sqlState } from './failures.ts';
import { literal } from './quoting.ts';

const CONFIGURATION_LIMIT_EXCEEDED = '53400';

export type Slot = {
  readonly name: string;
  /** Undefined for a physical one. */
  readonly plugin: string | undefined;
  readonly database: string;
  readonly temporary: boolean;
  /** Process id of the walsender that serves it, undefined when nobody reads it. */
  readonly activePid: number | undefined;
  readonly confirmedLsn: Lsn;
  readonly restartLsn: Lsn | undefined;
  /** reserved, extended, unreserved or lost. https://www.postgresql.org/docs/current/view-pg-replication-slots.html */
  readonly walStatus: string;
  /** Why it is lost, from Postgres 17 on. */
  readonly invalidationReason: string | undefined;
  /** Whether Postgres itself has brought it here from the primary of then, from 17 on. */
  readonly synced: boolean;
  /**
   * What has been decoded through it since it was made, and since when the server counts at all: a crash or a reset begins anew.
   * https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-REPLICATION-SLOTS-VIEW
   */
  readonly decodedBytes: number;
  readonly countedSince: string;
};

type SlotRow = {
  plugin: string | null;
  database: string | null;
  temporary: boolean;
  active_pid: number | null;
  confirmed: string | null;
  restart: string | null;
  wal_status: string | null;
  reason: string | null;
  synced: boolean;
  decoded: number;
  counted: string;
};

/** The slot's row of `pg_replication_slots`, of whatever plugin and database; undefined when there is none. */
export async function readSlot(client: Client, name: string): Promise<Slot | undefined> {
  // By way of JSON, which has no column that the server's version has not.
  const { rows } = await client.query<SlotRow>(
    `SELECT s.plugin, s.database, s.temporary, s.active_pid, s.confirmed_flush_lsn::text AS confirmed,
            s.restart_lsn::text AS restart, s.wal_status, to_jsonb(s) ->> 'invalidation_reason' AS reason,
            coalesce(to_jsonb(s) ->> 'synced', 'false')::boolean AS synced,
            coalesce(d.total_bytes, 0)::float8 AS decoded, concat_ws(' ', a.stats_reset, d.stats_reset) AS counted
     FROM pg_stat_archiver a, pg_replication_slots s LEFT JOIN pg_stat_replication_slots d USING (slot_name)
     WHERE s.slot_name = $1`,
    [name],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  return {
    name,
    plugin: row.plugin ?? undefined,
    database: row.database ?? '',
    temporary: row.temporary,
    activePid: row.active_pid ?? undefined,
    confirmedLsn: parseLsn(row.confirmed ?? '0/0'),
    restartLsn: row.restart === null ? undefined : parseLsn(row.restart),
    walStatus: row.wal_status ?? 'lost',
    invalidationReason: row.reason ?? undefined,
    synced: row.synced,
    decodedBytes: row.decoded,
    countedSince: row.counted,
  };
}

/**
 * Makes a temporary copy, which stands where the slot does and ends with this connection.
 * https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-REPLICATION
 */
export async function copySlot(client: Client, name: string, copy: string): Promise<void> {
  try {
    // A replication connection takes no parameters.
    await client.query(`SELECT pg_copy_logical_replication_slot(${literal(name)}, ${literal(copy)}, true)`);
  } catch (error) {
    if (sqlState(error) !== CONFIGURATION_LIMIT_EXCEEDED) throw error;
    throw new PreconditionError(`Postgres has no room for a copy of slot "${name}"`, {
      cause: error,
      remedy: 'Raise max_replication_slots and restart Postgres, or drop a slot that nobody needs.',
    });
  }
}

type WantedSlot = { readonly name: string; readonly plugin: string; readonly database: string };

/** What is known beside the slot itself. */
export type Known = {
  /** Where it stood when this process last saw it as it should be; undefined at the start. */
  readonly seenLsn?: Lsn | undefined;
  /** End of the server's WAL. */
  readonly walEnd?: Lsn | undefined;
};

/**
 * Throws unless the slot can serve us. A slot that is gone or lost is a gap, which only the operator may close; one of another plugin or
 * database was never ours when the process starts, and is a replaced one later on.
 */
export function checkSlot(
  slot: Slot | undefined,
  wanted: WantedSlot,
  known: Known = {},
): asserts slot is Slot {
  const { seenLsn, walEnd } = known;
  if (slot === undefined) {
    throw new SlotLostError(`replication slot "${wanted.name}" does not exist${gapText(seenLsn, walEnd)}`, {
      remedy:
        'If this is the first start, run `wal2algolia setup`. If the slot was there before, rows since then are missing: `wal2algolia recover --yes` makes it anew, loads them and compares table and index (docs/recovery.md).',
    });
  }
  const foreign = foreignness(slot, wanted);
  if (foreign !== undefined) {
    const isReplaced = seenLsn !== undefined;
    const ForeignSlotError = isReplaced ? GapError : PreconditionError;
    throw new ForeignSlotError(`replication slot "${wanted.name}" ${foreign}${gapText(seenLsn, walEnd)}`, {
      remedy:
        'Name another slot (`replication.slot` or WAL2ALGOLIA_SLOT) and run `wal2algolia setup`, or drop this one if nobody needs it.',
    });
  }
  if (slot.walStatus === 'lost') throw lostSlot(slot, known);
}

function foreignness(slot: Slot, wanted: WantedSlot): string | undefined {
  if (slot.plugin === undefined) return 'is a physical one';
  if (slot.plugin !== wanted.plugin) return `uses the plugin ${slot.plugin}, not ${wanted.plugin}`;
  if (slot.database !== wanted.database) {
    return `belongs to database "${slot.database}", not "${wanted.database}"`;
  }
  return slot.temporary ? 'is temporary: it goes with the session that made it' : undefined;
}

/** By `invalidation_reason`, where it is not the WAL that was too much. https://www.postgresql.org/docs/current/view-pg-replication-slots.html */
const PREVENTION: Readonly<Record<string, string>> = {
  idle_timeout: 'Set idle_replication_slot_timeout to 0.',
  rows_removed:
    'It was lost on a standby, for rows of the catalog that the primary has removed: set hot_standby_feedback to on there.',
  wal_level_insufficient: "Keep wal_level = 'logical' on the primary, also of a standby with slots.",
};

function lostSlot(slot: Slot, { seenLsn, walEnd }: Known): SlotLostError {
  const from = seenLsn !== undefined && seenLsn > slot.confirmedLsn ? seenLsn : slot.confirmedLsn;
  const reason = slot.invalidationReason === undefined ? '' : ` (${slot.invalidationReason})`;
  return new SlotLostError(
    `replication slot "${slot.name}" is lost${reason}: the server no longer keeps the WAL that it needs${gapText(from, walEnd)}`,
    {
      remedy: `Rows in between are missing: \`wal2algolia recover --yes\` puts a new slot in its place, loads them and compares table and index (docs/recovery.md). ${PREVENTION[slot.invalidationReason ?? ''] ?? 'Raise max_slot_wal_keep_size to keep WAL longer.'}`,
    },
  );
}

/** For messages: what may be missing, as far as it is known. */
function gapText(from: Lsn | undefined, to: Lsn | undefined): string {
  // One that is being made stands nowhere yet.
  if (from === undefined || from === LSN_ZERO) return '';
  const end = to === undefined ? '' : ` to ${formatLsn(to)}, where the WAL ends now`;
  return `; the gap is from ${formatLsn(from)}${end}`;
}
