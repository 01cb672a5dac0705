import { isVisible, type Snapshot } from '../database/snapshot.ts';
import type { IndexRecord } from './index-reader.ts';

/** Xids come round again after 2^32: one that has long been visible would seem to lie ahead, but for the time of its commit. */
const AHEAD_MAX_MS = 86_400_000;

/** Whether the snapshot does not see the transaction that wrote a record: the record is newer than the row that it sees, also where that is none. */
export function isNewer({ wal }: IndexRecord, snapshot: Snapshot, nowMs = Date.now()): boolean {
  if (typeof wal !== 'object' || wal === null) return false;
  const { xid, committed_at_ms: committedAtMs } = wal as Readonly<Record<string, unknown>>;
  if (typeof xid !== 'number' || typeof committedAtMs !== 'number') return false;
  return committedAtMs > nowMs - AHEAD_MAX_MS && !isVisible(xid, snapshot);
}
