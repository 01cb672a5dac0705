import type { Status, Told } from './status.ts';

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

type Trouble = {
  readonly error: Told;
  /** When the table was compared for the last time before. */
  readonly lastAt: string | undefined;
};

/** The last results, and why what is due cannot be compared: of each table until it was, whatever becomes of others. */
export class VerifyNews {
  #results: readonly VerifyResult[] = [];
  readonly #troubles = new Map<string | undefined, Trouble>();

  results(results: readonly VerifyResult[]): void {
    this.#results = results;
    for (const [table, { lastAt }] of this.#troubles) {
      // That of none was that the results could not be read.
      if (table === undefined || this.#lastAt(table) !== lastAt) this.#troubles.delete(table);
    }
  }

  trouble(error: Told, table: string | undefined): void {
    this.#troubles.set(table, { error, lastAt: table === undefined ? undefined : this.#lastAt(table) });
  }

  status(): Pick<Status, 'verify'> {
    const status = verifyStatus(this.#results);
    const [trouble] = this.#troubles.values();
    if (trouble === undefined) return status === undefined ? {} : { verify: status };
    const { at = null, differing = 0, tables = {} } = status ?? {};
    return { verify: { at, differing, tables, error: trouble.error } };
  }

  #lastAt(name: string): string | undefined {
    return this.#results.find(({ table }) => table === name)?.at;
  }
}
