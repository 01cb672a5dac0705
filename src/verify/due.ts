import type { Verification } from '../database/own-tables/verification-table.ts';

/**
 * The table that has waited longest for a comparison, of those that may be compared; before all others one that never was, or whose last comparison
 * lies ahead, since the clock of the server was set back. Undefined where none is due.
 */
export function dueTable(
  tables: readonly string[],
  results: readonly Pick<Verification, 'table' | 'ageMs'>[],
  intervalMs: number,
): string | undefined {
  const ages = tables.map((table) => {
    const { ageMs = Number.POSITIVE_INFINITY } = results.find((each) => each.table === table) ?? {};
    return { table, ageMs: ageMs < 0 ? Number.POSITIVE_INFINITY : ageMs };
  });
  const due = ages.filter(({ ageMs }) => ageMs >= intervalMs);
  return due.sort((one, other) => (one.ageMs < other.ageMs ? 1 : -1))[0]?.table;
}
