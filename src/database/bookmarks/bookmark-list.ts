import type { Client } from 'pg';
import { postgresFailure } from '../failures.ts';
import { timeProperty } from '../time-text.ts';
import { BOOKMARK_TABLE } from './bookmark-plan.ts';
import { bookmarkSlotPrefix } from './bookmark-slot.ts';

/** A saved position, its slot, and what both cost, on the server's clock. What the server's version does not tell is null. */
export type Bookmark = {
  readonly name: string;
  readonly slot: string;
  /** Null only where it is neither recorded nor known to the server. */
  readonly position: string | null;
  /** ISO 8601 in UTC, as all times here; null, as what follows, where a killed `bookmark create` has left the slot alone. */
  readonly createdAt: string | null;
  readonly ageSeconds: number | null;
  readonly expiresAt: string | null;
  /** Below 0 when it is over. */
  readonly secondsLeft: number | null;
  readonly walMaxBytes: number | null;
  readonly isRecorded: boolean;
  /** Whether its slot is there; null without one is all that follows. */
  readonly hasSlot: boolean;
  /** Who reads from it. */
  readonly activePid: number | null;
  /** WAL from where the slot would begin to read; null when it is lost. */
  readonly retainedBytes: number | null;
  /** Transactions since the oldest whose catalog rows may not be vacuumed for it. */
  readonly catalogXminAge: number | null;
  /** WAL that may be written before `max_slot_wal_keep_size` ends it; null without a limit. */
  readonly safeWalBytes: number | null;
  readonly walStatus: string | null;
  readonly invalidationReason: string | null;
  readonly inactiveSince: string | null;
  /** What `idle_replication_slot_timeout` leaves it; null without a limit, and while somebody reads from it. */
  readonly idleSecondsLeft: number | null;
};

/** By way of JSON, which has no column that the server's version has not. */
const INACTIVE_SINCE = `(to_jsonb(s) ->> 'inactive_since')::timestamptz`;

/** https://www.postgresql.org/docs/current/view-pg-replication-slots.html */
const QUERY = `
  SELECT coalesce(b.name, substr(s.slot_name, length($2) + 1)) AS name, coalesce(b.bookmark_slot, s.slot_name) AS slot,
         coalesce(b.position, s.confirmed_flush_lsn)::text AS position,
         ${timeProperty('b.created_at', 'createdAt')}, extract(epoch FROM now.at - b.created_at)::float8 AS "ageSeconds",
         ${timeProperty('b.expires_at', 'expiresAt')}, extract(epoch FROM b.expires_at - now.at)::float8 AS "secondsLeft",
         b.wal_max_bytes::float8 AS "walMaxBytes", b.name IS NOT NULL AS "isRecorded", s.slot_name IS NOT NULL AS "hasSlot",
         s.active_pid AS "activePid",
         CASE WHEN s.wal_status <> 'lost' THEN greatest(0, now.wal - s.restart_lsn)::float8 END AS "retainedBytes",
         age(s.catalog_xmin) AS "catalogXminAge", s.safe_wal_size::float8 AS "safeWalBytes", s.wal_status AS "walStatus",
         to_jsonb(s) ->> 'invalidation_reason' AS "invalidationReason", ${timeProperty(INACTIVE_SINCE, 'inactiveSince')},
         CASE WHEN s.active_pid IS NULL AND s.wal_status <> 'lost' THEN
           (SELECT greatest(0, setting::float8 - extract(epoch FROM now.at - ${INACTIVE_SINCE}))::float8 FROM pg_settings
            WHERE pg_settings.name = 'idle_replication_slot_timeout' AND setting <> '0') END AS "idleSecondsLeft"
  FROM (SELECT * FROM ${BOOKMARK_TABLE} WHERE slot_name = $1) b
  FULL JOIN (SELECT *, slot_name::text AS joined FROM pg_replication_slots
             WHERE starts_with(slot_name::text, $2) AND database = current_database()) s ON s.joined = b.bookmark_slot
  CROSS JOIN (SELECT clock_timestamp() AS at,
                     CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS wal) now
  ORDER BY b.created_at, name`;

/** The bookmarks of a slot, the oldest first, with those of which only the slot is left. Rejects with a Wal2AlgoliaError. */
export async function readBookmarks(client: Client, slot: string): Promise<readonly Bookmark[]> {
  try {
    return (await client.query<Bookmark>(QUERY, [slot, bookmarkSlotPrefix(slot)])).rows;
  } catch (error) {
    throw postgresFailure(error, 'reading bookmarks');
  }
}
