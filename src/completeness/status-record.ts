import { isDeepStrictEqual } from 'node:util';
import type { WholeBackfill } from '../database/own-tables/backfill-list.ts';
import type { Coverage, CoverageGap, LetterRange } from '../database/own-tables/coverage-table.ts';
import { formatLsn, type Lsn } from '../lsn.ts';
import { type Instant, instantOf } from './instant.ts';

/** A table that goes into an index, and since when it is followed. */
export type FollowedTable = {
  readonly table: string;
  readonly index: string;
  readonly from: Instant;
  /** When all of its rows from before had been loaded; left out where they were not. */
  readonly loadedAt?: Instant;
};

/** A table whose rows from before are being loaded. */
export type LoadingTable = {
  readonly table: string;
  readonly index: string;
  /** So many were by then. */
  readonly rows: number;
  readonly startedAt: Instant;
};

/**
 * What a slot says of the indexes that it fills, for readers who cannot reach the database. One record of the status index, and as many with
 * its dead letters as it says. null stands for what is not known.
 */
export type StatusRecord = {
  /** The name of the slot. */
  readonly objectID: string;
  readonly kind: 'status';
  readonly version: 1;
  readonly slot: string;
  readonly tables: readonly FollowedTable[];
  /** Everything that was committed up to this LSN is in the index or among the dead letters, as far as it was followed. */
  readonly throughLsn: string;
  /** When the last commit before it was made that brought something; null while this process has seen none. */
  readonly throughTime: Instant | null;
  /** Nothing that began before this time can come any more, and all of it is there. */
  readonly closedThrough: Instant | null;
  /** When the oldest transaction began that was open. */
  readonly openSince: Instant | null;
  /** Why nothing can be called closed: what open transactions could not be seen for. */
  readonly blind: string | null;
  readonly gaps: readonly CoverageGap[];
  /** null while none is under way. */
  readonly backfill: readonly LoadingTable[] | null;
  readonly deadLetters: number;
  /** How many records `<slot>:dead-letters:<number>`, from 0, hold them. */
  readonly deadLetterRecords: number;
  readonly writtenAt: Instant;
};

/** Dead letters without what stands in them. */
export type LetterRecord = {
  readonly objectID: string;
  readonly kind: 'dead-letters';
  readonly slot: string;
  readonly letters: readonly LetterRange[];
};

type FilledIndex = {
  readonly index: string;
  readonly objectID?: readonly string[];
  readonly objectIDPrefix?: string | undefined;
};

export type StatusFacts = {
  readonly slot: string;
  readonly tables: Readonly<Record<string, FilledIndex>>;
  readonly coverage: Coverage;
  readonly throughLsn: Lsn;
  readonly throughMicros: bigint | undefined;
  readonly closedMicros: bigint | undefined;
  readonly openSinceMicros: bigint | undefined;
  readonly blind: string | undefined;
  readonly letters: readonly LetterRange[];
  readonly backfills?: readonly WholeBackfill[];
  readonly nowMicros: bigint;
};

/** Above these the oldest stand as one. */
const GAPS_MAX = 20;

/** The status first. No record is larger than `bytesMax`, as far as the letters are concerned. */
export function statusRecords(
  facts: StatusFacts,
  bytesMax: number,
): readonly [StatusRecord, ...LetterRecord[]] {
  const { slot, coverage } = facts;
  const letterRecords = packed(slot, facts.letters, bytesMax);
  const time = (micros: bigint | undefined): Instant | null =>
    micros === undefined ? null : instantOf(micros);
  const status: StatusRecord = {
    objectID: slot,
    kind: 'status',
    version: 1,
    slot,
    tables: Object.keys(facts.tables).map((table) => followedTable(facts, table)),
    throughLsn: formatLsn(facts.throughLsn),
    throughTime: time(facts.throughMicros),
    closedThrough: time(facts.closedMicros),
    openSince: time(facts.openSinceMicros),
    blind: facts.blind ?? null,
    gaps: fewGaps(coverage.gaps),
    backfill: loadingTables(facts),
    deadLetters: facts.letters.reduce((sum, { count }) => sum + count, 0),
    deadLetterRecords: letterRecords.length,
    writtenAt: instantOf(facts.nowMicros),
  };
  return [status, ...letterRecords];
}

/** Rows without an objectID have no record, so a table that has some is not loaded as a whole; nor is one by what began before it was followed. */
function followedTable(
  { tables, coverage, backfills = [], nowMicros }: StatusFacts,
  table: string,
): FollowedTable {
  const from = coverage.tables[table] ?? instantOf(nowMicros);
  const followed = { table, index: tables[table]?.index ?? '', from };
  const loaded = backfills.find((each) => fills(each, table, tables[table]));
  if (loaded === undefined || loaded.finishedAt === null) return followed;
  return loaded.unnamable === 0 && loaded.startedAt >= from
    ? { ...followed, loadedAt: loaded.finishedAt }
    : followed;
}

function loadingTables({ tables, backfills = [] }: StatusFacts): readonly LoadingTable[] | null {
  const loading = backfills
    .filter((each) => each.finishedAt === null && fills(each, each.table, tables[each.table]))
    .map(({ table, index, rows, startedAt }) => ({ table, index, rows, startedAt }));
  return loading.length === 0 ? null : loading;
}

/** One into another index, or under other objectIDs, is none of the table as it is configured. */
function fills(backfill: WholeBackfill, name: string, table: FilledIndex | undefined): boolean {
  if (table === undefined || backfill.table !== name) return false;
  const { index, objectIDPrefix = '', objectID = [] } = table;
  const isSameKey = isDeepStrictEqual(backfill.objectID, objectID);
  return backfill.index === index && backfill.prefix === objectIDPrefix && isSameKey;
}

function packed(slot: string, letters: readonly LetterRange[], bytesMax: number): readonly LetterRecord[] {
  const records: LetterRange[][] = [];
  let bytes = 0;
  for (const letter of letters) {
    const size = Buffer.byteLength(JSON.stringify(letter)) + 1;
    if (records.length === 0 || bytes + size > bytesMax) {
      records.push([]);
      bytes = Buffer.byteLength(slot) * 2 + 100;
    }
    records.at(-1)?.push(letter);
    bytes += size;
  }
  return records.map((some, number) => ({
    objectID: `${slot}:dead-letters:${number}`,
    kind: 'dead-letters',
    slot,
    letters: some,
  }));
}

/** One that covers several says nothing that is not so: all that it takes in counts as missing. */
function fewGaps(gaps: readonly CoverageGap[]): readonly CoverageGap[] {
  if (gaps.length <= GAPS_MAX) return gaps;
  const old = gaps.slice(0, gaps.length - GAPS_MAX + 1);
  const first = old[0];
  const last = old.at(-1);
  if (first === undefined || last === undefined) return gaps;
  const starts = old.map(({ fromTime }) => fromTime);
  const fromTime = starts.includes(null)
    ? null
    : starts.reduce((one, other) => ((one ?? '') < (other ?? '') ? one : other));
  const toTime = old.map((gap) => gap.toTime).reduce((one, other) => (one > other ? one : other));
  // The first comparison that all of them have behind them.
  const compared = old.map(({ verifiedAt }) => verifiedAt);
  const verifiedAt = compared.reduce((one, other) =>
    one === undefined || other === undefined ? undefined : one > other ? one : other,
  );
  const { toLsn } = last;
  const merged = {
    fromLsn: first.fromLsn,
    fromTime,
    toLsn,
    toTime,
    reason: `${old.length} older gaps`,
    ...(verifiedAt === undefined ? {} : { verifiedAt }),
  };
  return [merged, ...gaps.slice(old.length)];
}
