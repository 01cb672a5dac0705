import type { Client } from 'pg';
import { SessionLostError } from '../errors.ts';
import { parseSnapshot, type Snapshot, xid32 } from './snapshot.ts';

/** What may have committed without being visible yet. */
export type Visibility = {
  readonly snapshot: Snapshot;
  /** Xids that are in the WAL as committed and wait for a synchronous standby. */
  readonly waiting: ReadonlySet<number>;
};

/**
 * Who commits a prepared transaction has no xid: any that is prepared may be the one. Without pg_read_all_stats nobody says what
 * others wait for: any of them may wait for a standby, where there is one.
 */
export async function readVisibility(client: Client): Promise<Visibility> {
  const { rows } = await client.query<{ snapshot: string; waiting: number[] }>(
    `SELECT pg_current_snapshot()::text AS snapshot,
            ARRAY(SELECT coalesce(a.backend_xid, p.transaction)::text::int8::float8
                  FROM pg_stat_activity a LEFT JOIN pg_prepared_xacts p ON a.backend_xid IS NULL
                  WHERE coalesce(a.backend_xid, p.transaction) IS NOT NULL
                    AND (a.wait_event = 'SyncRep'
                      OR (a.query = '<insufficient privilege>' AND current_setting('synchronous_standby_names') <> ''))) AS waiting`,
  );
  const row = rows[0];
  if (row === undefined) throw new SessionLostError('Postgres answered without a snapshot');
  return { snapshot: parseSnapshot(row.snapshot), waiting: new Set(row.waiting) };
}

/**
 * An xid behind that of every transaction that has one by now: it is taken for this, by a transaction that waits neither for the disk nor for a
 * standby. https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT
 */
export async function takeXid(client: Client): Promise<number> {
  const { rows } = await client.query<{ xid: string }>('SELECT pg_current_xact_id()::text AS xid');
  return xid32(rows[0]?.xid ?? '');
}
