/** Which transactions a snapshot sees. Xids are those of replication: 32 bits, so they are compared modulo 2^32. */
export type Snapshot = {
  /** First xid that had not ended yet. */
  readonly xmax: number;
  /** Those before it that were still running. */
  readonly running: ReadonlySet<number>;
};

/**
 * Reads `pg_current_snapshot()`, `xmin:xmax:xip,…`. Throws a RangeError on anything else.
 * https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT
 */
export function parseSnapshot(text: string): Snapshot {
  const match = /^\d+:(\d+):([\d,]*)$/.exec(text);
  if (match === null) throw new RangeError('not a snapshot');
  const running = (match[2] ?? '').split(',').filter((xid) => xid !== '');
  return { xmax: xid32(match[1] ?? ''), running: new Set(running.map(xid32)) };
}

export function isVisible(xid: number, { xmax, running }: Snapshot): boolean {
  return isBefore(xid, xmax) && !running.has(xid);
}

/** Less than half the circle away in front of it. */
export function isBefore(xid: number, other: number): boolean {
  return ((other - xid) | 0) > 0;
}

export function xid32(text: string): number {
  return Number(BigInt.asUintN(32, BigInt(text)));
}
