/** Which ids stand on one side only. */
export type Comparison = {
  readonly rows: number;
  readonly records: number;
  /** In the table and not in the index. */
  readonly missing: readonly string[];
  /** In the index and not in the table, or there twice. */
  readonly extra: readonly string[];
};

export function compareIds(rows: readonly string[], records: readonly string[]): Comparison {
  const unmatched = new Set(rows);
  const extra = records.filter((id) => !unmatched.delete(id));
  return { rows: rows.length, records: records.length, missing: [...unmatched], extra };
}

export function agree({ missing, extra }: Comparison): boolean {
  return missing.length === 0 && extra.length === 0;
}
