import type { Status } from './status.ts';

/** What one table came to: how many rows and records of each class. */
export type VerifyResult = {
  readonly table: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly counts: Readonly<Record<string, number>>;
};

/** How many differ and were not repaired. */
export function differingRecords({ counts }: Pick<VerifyResult, 'counts'>): number {
  const { missing = 0, extra = 0, differing = 0, repaired = 0 } = counts;
  return missing + extra + differing - repaired;
}

/** Of the last result of each table; undefined where there is none. */
export function verifyStatus(results: readonly VerifyResult[]): Status['verify'] {
  if (results.length === 0) return undefined;
  const times = results.map(({ at }) => at).sort();
  return {
    at: times.at(-1) ?? null,
    differing: results.reduce((sum, result) => sum + differingRecords(result), 0),
    tables: Object.fromEntries(results.map(({ table, at, counts }) => [table, { at, ...counts }])),
  };
}
