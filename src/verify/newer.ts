import { isBefore, isVisible, type Snapshot } from '../database/snapshot.ts';
import type { IndexRecord } from './index-reader.ts';

/**
 * Which of the records, read before, were written by transactions that the snapshot does not see: these are newer than the row that it sees, also where that
 * is none. One whose transaction has not even begun by now is not newer: this server never made it, or has lost it by a failover, or xids have
 * come round since.
 */
export async function newerRecords(
  records: readonly IndexRecord[],
  snapshot: Snapshot,
  nextXid: () => Promise<number>,
): Promise<ReadonlySet<IndexRecord>> {
  const unseen = records.flatMap((record) => {
    const xid = xidOf(record);
    return xid === undefined || isVisible(xid, snapshot) ? [] : [{ record, xid }];
  });
  if (unseen.length === 0) return NONE;
  const next = await nextXid();
  return new Set(unseen.flatMap(({ record, xid }) => (isBefore(xid, next) ? [record] : [])));
}

const NONE: ReadonlySet<IndexRecord> = new Set();

function xidOf({ wal }: IndexRecord): number | undefined {
  if (typeof wal !== 'object' || wal === null || !('xid' in wal)) return undefined;
  return typeof wal.xid === 'number' ? wal.xid : undefined;
}
