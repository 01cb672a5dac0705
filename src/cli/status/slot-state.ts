import type { Config } from '../../config/schema.ts';
import { type Bookmark, readBookmarks } from '../../database/bookmarks/bookmark-list.ts';
import { findBookmarkTable } from '../../database/bookmarks/bookmark-plan.ts';
import { DeadLetterList } from '../../database/dead-letters/dead-letter-list.ts';
import { postgresFailure } from '../../database/failures.ts';
import { oneRow } from '../../database/one-row.ts';
import { readUnfinishedBackfills, type UnfinishedBackfill } from '../../database/own-tables/backfill-list.ts';
import { type Recovery, RecoveryTable } from '../../database/own-tables/recovery-table.ts';
import { findVerifications, type Verification } from '../../database/own-tables/verification-table.ts';
import { checkPrimary, readServer } from '../../database/server.ts';
import { checkSlot, readSlot, type Slot } from '../../database/slot.ts';
import { PreconditionError } from '../../errors.ts';
import { formatLsn, type Lsn, parseLsn } from '../../lsn.ts';
import type { Status } from '../../telemetry/status.ts';
import { LAG_LIMIT_SECONDS } from '../../telemetry/status-board.ts';
import { verifyStatus } from '../../telemetry/verify-status.ts';
import { type Connection, connectOnce } from '../connection.ts';

export type SlotState = {
  readonly slot: Slot;
  readonly serverLsn: Lsn;
  /** How far its reader is behind, as Postgres measures it; null when it cannot tell. */
  readonly lagSeconds: number | null;
  /** WAL that may still be written before the server gives the slot up; null without a limit. */
  readonly budgetLeftBytes: number | null;
  /** Dead letters of the slot by table; none where there is no table for them. */
  readonly deadLetters: ReadonlyMap<string, number>;
  /** They keep WAL as well; none where there is no table for them, or none that may be read. */
  readonly bookmarks: readonly Bookmark[];
  /** What `run` has found when it compared its tables for the last time. */
  readonly verified: readonly Verification[];
  /** Those that are not finished. */
  readonly backfills: readonly UnfinishedBackfill[];
  /** One that is not finished. */
  readonly recovery: Recovery | undefined;
};

type Row = { database: string; server: string; lag: number | null; budget: string | null };

/** Rejects with a Wal2AlgoliaError, also when there is no such slot or it is lost. */
export async function readSlotState({ postgres, replication, tables }: Config): Promise<SlotState> {
  const client = await connectOnce(postgres.url.reveal(), 'wal2algolia status');
  try {
    checkPrimary(await readServer(client));
    const slot = await readSlot(client, replication.slot);
    // https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-REPLICATION-VIEW
    const answer = await client.query<Row>(
      `SELECT current_database() AS database, pg_current_wal_flush_lsn()::text AS server,
              (SELECT extract(epoch FROM r.flush_lag)::float8 FROM pg_stat_replication r WHERE r.pid = s.active_pid) AS lag,
              s.safe_wal_size AS budget
       FROM (SELECT 1) one LEFT JOIN pg_replication_slots s ON s.slot_name = $1`,
      [replication.slot],
    );
    const row = oneRow(answer);
    const serverLsn = parseLsn(row.server);
    const { slot: name, plugin } = replication;
    checkSlot(slot, { name, plugin, database: row.database }, { walEnd: serverLsn });
    const budgetLeftBytes = row.budget === null ? null : Number(row.budget);
    const letters = await DeadLetterList.find(client, replication.slot);
    const deadLetters = (await letters?.counts()) ?? new Map();
    const bookmarks = await findBookmarks(client, replication.slot);
    const found = await findVerifications(client, replication.slot);
    const verified = found.filter(({ table }) => tables[table] !== undefined);
    const backfills = await readUnfinishedBackfills(client, replication.slot);
    const recovery = await new RecoveryTable(client, replication.slot).open();
    const counted = { lagSeconds: row.lag, budgetLeftBytes, deadLetters, bookmarks };
    return { slot, serverLsn, ...counted, verified, backfills, recovery };
  } catch (error) {
    throw postgresFailure(error, `reading slot "${replication.slot}"`);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function findBookmarks(client: Connection, slot: string): Promise<readonly Bookmark[]> {
  try {
    return (await findBookmarkTable(client)) ? await readBookmarks(client, slot) : [];
  } catch (error) {
    if (error instanceof PreconditionError) return [];
    throw error;
  }
}

/** In the shape of /status. What only the process knows is null. */
export function statusOf(state: SlotState): Status {
  const { slot, serverLsn, lagSeconds: measured, deadLetters } = state;
  const verify = verifyStatus(state.verified);
  const active = slot.activePid !== undefined;
  const lagBytes = bytesBetween(slot.confirmedLsn, serverLsn);
  const lagSeconds = lagBytes === 0 ? 0 : measured;
  const behind = lagSeconds !== null && lagSeconds > LAG_LIMIT_SECONDS;
  return {
    state: !active ? 'stopped' : behind ? 'catching-up' : 'streaming',
    slot: {
      name: slot.name,
      active,
      confirmedLsn: formatLsn(slot.confirmedLsn),
      receivedLsn: null,
      serverLsn: formatLsn(serverLsn),
      lagBytes,
      lagSeconds,
      retainedBytes: slot.restartLsn === undefined ? null : bytesBetween(slot.restartLsn, serverLsn),
    },
    records: { written: null, deleted: null, deadLetters: sum(deadLetters.values()) },
    completeThrough: { lsn: formatLsn(slot.confirmedLsn), at: null },
    oldestUnpublishedSeconds: null,
    ...(verify === undefined ? {} : { verify }),
  };
}

function sum(counts: Iterable<number>): number {
  return [...counts].reduce((total, count) => total + count, 0);
}

function bytesBetween(from: Lsn, to: Lsn): number {
  return Math.max(0, Number(to - from));
}
