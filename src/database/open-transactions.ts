import type { Client } from 'pg';
import { type Lsn, parseLsn } from '../lsn.ts';

/** What could still commit rows of the past at one moment. Times are microseconds since 1970 on the server's clock. */
export type Observation = {
  /** Before anything else was looked at. */
  readonly nowMicros: bigint;
  /** When the oldest open transaction began; undefined when none is open. */
  readonly oldestMicros: bigint | undefined;
  /** Prepared transactions, by xid: when they began is not to be had any more. */
  readonly prepared: readonly string[];
  /** Why open transactions may be there that were not seen; undefined when all were. */
  readonly blind: Blindness | undefined;
  /** End of the WAL after that: whatever was not open any more has its commit before it. */
  readonly lsn: Lsn;
};

export type Blindness = 'pg_read_all_stats' | 'track_activities';

type ActivityRow = { now: string; oldest: string | null; hidden: boolean; sees: boolean };

const micros = (time: string): string => `(extract(epoch FROM ${time}) * 1000000)::bigint::text`;

/**
 * In this order, one statement after the other. A transaction that is being prepared stands among the prepared ones before it leaves the
 * others. Transactions without an xid count too: a row that they insert later has the time at which they began. Walsenders that stream
 * cannot insert, autovacuum does not. https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
 */
const OBSERVE = `
  SELECT ${micros('statement_timestamp()')} AS now, ${micros('min(a.xact_start)')} AS oldest,
         coalesce(bool_or(a.state = 'disabled'), false) AS hidden,
         pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees
  FROM pg_stat_activity a
  WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type IS DISTINCT FROM 'autovacuum worker'
    AND NOT EXISTS (SELECT FROM pg_stat_replication r WHERE r.pid = a.pid AND r.state IN ('catchup', 'streaming', 'backup'));
  SELECT transaction::text AS xid FROM pg_prepared_xacts WHERE database = current_database();
  SELECT pg_current_wal_insert_lsn()::text AS lsn`;

/** Rejects with `pg`'s error. */
export async function observeTransactions(client: Client): Promise<Observation> {
  // pg answers several statements with a list, which its types do not know.
  const results = (await client.query(OBSERVE)) as unknown as readonly {
    readonly rows: readonly unknown[];
  }[];
  const [activity, prepared, wal] = results.map(({ rows }) => rows);
  const row = activity?.[0] as ActivityRow | undefined;
  const end = wal?.[0] as { lsn: string } | undefined;
  if (row === undefined || end === undefined || prepared === undefined)
    throw new Error('Postgres answered three questions with fewer answers');
  const { now, oldest, hidden, sees } = row;
  return {
    nowMicros: BigInt(now),
    oldestMicros: oldest === null ? undefined : BigInt(oldest),
    prepared: (prepared as readonly { xid: string }[]).map(({ xid }) => xid),
    blind: sees ? (hidden ? 'track_activities' : undefined) : 'pg_read_all_stats',
    lsn: parseLsn(end.lsn),
  };
}
