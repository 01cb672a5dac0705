/** Which backfill it is. */
export type BackfillName = {
  readonly slot: string;
  readonly table: string;
  /** Empty for the whole table. */
  readonly scope: string;
};

/** Whoever does it holds the advisory lock of this name, `hashtextextended(name, 0)`. */
export function lockName({ slot, table, scope }: BackfillName): string {
  return JSON.stringify(['wal2algolia backfill', slot, table, scope]);
}
