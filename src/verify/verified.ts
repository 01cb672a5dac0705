import type { Bounds } from '../database/rows/column-range.ts';
import type { Lsn } from '../lsn.ts';
import type { NoRecord } from './expectations.ts';
import type { Difference, Verdict } from './verdict.ts';
import type { Slice } from './windows.ts';

/** Records that differ, as far as they are listed. */
export type Listed = {
  readonly objectID: string;
  readonly difference: Difference;
  /** Names of those that are not the same; of a record that is missing or extra none. */
  readonly attributes: readonly string[];
  readonly isRepaired: boolean;
  /** No row of the table can have this objectID, so it cannot be read again. */
  readonly isForeign: boolean;
};

/** How many are neither right nor wrong, by why. */
export type Excused = Record<
  Exclude<Verdict['kind'], 'agrees' | Difference> | Exclude<NoRecord, 'kept-out'>,
  number
>;

export type VerifiedWindow = Bounds & {
  /** Rows without the value that windows are made by, and all other records. */
  readonly isOutside: boolean;
  readonly slice: Slice;
  /** Rows that are to have a record, as one snapshot saw them; records that a walk behind it found. */
  readonly count: number;
  readonly records: number;
  /** Of the leaves of these rows. */
  readonly hash: string;
  readonly differing: number;
};

/** What a table and its records in the index came to. */
export type Verified = Readonly<Record<Difference, number>> &
  Excused & {
    readonly table: string;
    readonly index: string;
    /** Why records are compared only by whether they are there; undefined where by what they hold. */
    readonly presenceOnly: string | undefined;
    readonly windowsBy: string | undefined;
    readonly windows: number;
    /** Those in which something differs, the first ones. */
    readonly differingWindows: readonly VerifiedWindow[];
    readonly rows: number;
    readonly records: number;
    readonly requests: number;
    readonly repaired: number;
    readonly differences: readonly Listed[];
    /** There are more than are listed. */
    readonly isCut: boolean;
    /** Behind which the index was read last; ISO 8601 in UTC. */
    readonly lsn: Lsn;
    readonly startedAt: string;
    readonly endedAt: string;
  };

/** How many differ and were not repaired. */
export function unrepaired({ missing, extra, differing, repaired }: Verified): number {
  return missing + extra + differing - repaired;
}

const LISTED_MAX = 10_000;
const WINDOWS_MAX = 1_000;

/** Adds up, in bounded memory. */
export class Tally {
  readonly excused: Excused = {
    newer: 0,
    deadLetters: 0,
    erased: 0,
    belowFloor: 0,
    retained: 0,
    unfit: 0,
  };
  readonly found: Record<Difference, number> = { missing: 0, extra: 0, differing: 0 };
  readonly listed: Listed[] = [];
  readonly differingWindows: VerifiedWindow[] = [];
  rows = 0;
  records = 0;
  repaired = 0;
  windows = 0;

  get differences(): number {
    return this.found.missing + this.found.extra + this.found.differing;
  }

  difference(listed: Listed): void {
    this.found[listed.difference] += 1;
    if (listed.isRepaired) this.repaired += 1;
    if (this.listed.length < LISTED_MAX) this.listed.push(listed);
  }

  window(window: VerifiedWindow): void {
    this.windows += 1;
    this.rows += window.count;
    this.records += window.records;
    if (window.differing > 0 && this.differingWindows.length < WINDOWS_MAX)
      this.differingWindows.push(window);
  }
}
