/** Rows from before it have no record. */
export type Floor = {
  /** Milliseconds since 1970; -Infinity where there is none yet. */
  ms: number;
};

/** The floors of a slot's tables, as they stand by now. */
export class Floors {
  readonly #byTable = new Map<string, Floor>();

  /** Always the same one for a table, so that who makes records sees it rise. */
  of(table: string): Floor {
    const known = this.#byTable.get(table);
    if (known !== undefined) return known;
    const floor = { ms: Number.NEGATIVE_INFINITY };
    this.#byTable.set(table, floor);
    return floor;
  }

  set(table: string, ms: number): void {
    this.of(table).ms = ms;
  }
}
