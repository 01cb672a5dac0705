import type { Bounds } from '../database/rows/column-range.ts';
import type { ScannedTable, TableScan } from '../database/rows/table-scan.ts';
import type { Snapshot } from '../database/snapshot.ts';
import type { Expectations } from './expectations.ts';
import type { IndexReader, IndexRecord } from './index-reader.ts';
import { windowHash } from './leaf.ts';
import { newerRecords } from './newer.ts';
import { notPublished } from './seen-rows.ts';
import type { Excused } from './verified.ts';
import { isComparable, isInSlice, isWithin, type Slice, type WindowKey, windowFilter } from './windows.ts';

/** Which part of table and index: all of both, what lies within bounds, or what has no value to lie within any. */
export type Part = {
  readonly key: WindowKey | undefined;
  readonly bounds: Bounds | 'no-value';
  readonly slice: Slice;
  /** The index finds records by the key; else all of them are looked at. */
  readonly isFiltered: boolean;
  /** Records that no filter finds are looked for by themselves. */
  readonly hasOutside: boolean;
};

export type PassOptions = {
  readonly scan: TableScan;
  readonly scanned: ScannedTable;
  readonly table: string;
  readonly expectations: Expectations;
  readonly index: IndexReader;
  readonly isOwn: (objectID: string) => boolean;
  readonly passed: () => Promise<void>;
  readonly rowsAtOnce: number;
  /** Rows of which objectID and leaf are held in memory at once. */
  readonly leavesMax: number;
  readonly excused: Excused;
  /** Told of records, up to 1,000 at a time, that no row of the part has. */
  readonly onStray: (objectIDs: readonly string[]) => Promise<void>;
};

export type Pass = {
  /** Rows that are to have a record, and the hash of their leaves. */
  readonly count: number;
  readonly hash: string;
  /** Records that are this table's. */
  readonly records: number;
  /** Rows whose record was not found, or is another. */
  readonly suspects: readonly string[];
};

const STRAYS_AT_ONCE = 1_000;

/**
 * Reads a part of the table, waits until the stream has passed that, and reads the same part of the index. Undefined when there are more rows
 * than may be held: the part has to be cut into slices.
 */
export async function passOver(part: Part, options: PassOptions): Promise<Pass | undefined> {
  const { index, scan, excused, isOwn, expectations, passed, onStray } = options;
  const read = await readRows(part, options);
  if (read === undefined) return undefined;
  const { leaves, snapshot } = read;
  const [count, hash] = [leaves.size, windowHash(leaves.values())];
  await passed();
  let records = 0;
  let strays: string[] = [];
  await walkPart(part, index, async (page) => {
    const unknown: IndexRecord[] = [];
    for (const record of page) {
      const objectID = String(record['objectID']);
      if (!isOwn(objectID) || !isInSlice(objectID, part.slice)) continue;
      // One that a filter found although its number is too large comes again outside of the windows.
      if (!leavesToOutside(part, record)) records += 1;
      const leaf = leaves.get(objectID);
      if (leaf === expectations.actual(record).leaf) leaves.delete(objectID);
      else if (leaf === undefined) unknown.push(record);
    }
    const newer = await newerRecords(unknown, snapshot, () => scan.nextXid());
    excused.newer += newer.size;
    strays.push(...unknown.filter((each) => !newer.has(each)).map(({ objectID }) => String(objectID)));
    if (strays.length < STRAYS_AT_ONCE) return;
    const some = strays;
    strays = [];
    await onStray(some);
  });
  if (strays.length > 0) await onStray(strays);
  return { count, hash, records, suspects: [...leaves.keys()] };
}

type Read = { readonly leaves: Map<string, string>; readonly snapshot: Snapshot };

async function readRows({ key, bounds, slice }: Part, options: PassOptions): Promise<Read | undefined> {
  const { scan, scanned, table, expectations, rowsAtOnce, leavesMax, excused } = options;
  const range = key && { column: key.column, bounds };
  const leaves = new Map<string, string>();
  const without: Partial<Record<'erased' | 'belowFloor' | 'unfit', number>> = {};
  const snapshot = await scan.scan(scanned, range, rowsAtOnce, async (rows) => {
    for (const expectation of await expectations.of(rows)) {
      const { objectID } = expectation;
      // Those without an objectID are in the first slice.
      if (!isInSlice(objectID ?? '', objectID === undefined ? { ...slice, at: 0 } : slice)) continue;
      if (expectation.kind === 'record') leaves.set(expectation.objectID, expectation.leaf);
      else if (expectation.why !== 'kept-out') without[expectation.why] = (without[expectation.why] ?? 0) + 1;
    }
    return leaves.size <= leavesMax;
  });
  if (snapshot === undefined) throw notPublished(table);
  if (leaves.size > leavesMax) return undefined;
  for (const why of ['erased', 'belowFloor', 'unfit'] as const) excused[why] += without[why] ?? 0;
  return { leaves, snapshot };
}

function leavesToOutside({ key, bounds, isFiltered, hasOutside }: Part, record: IndexRecord): boolean {
  return (
    key !== undefined &&
    hasOutside &&
    isFiltered &&
    bounds !== 'no-value' &&
    !isComparable(record[key.attribute])
  );
}

/** Records without a number for the key, or with one that is too large, no filter finds: of all records that number is looked at, and of these they are read whole. */
async function walkPart(
  { key, bounds, isFiltered }: Part,
  index: IndexReader,
  take: (records: readonly IndexRecord[]) => Promise<void>,
): Promise<void> {
  if (key === undefined) return index.walk({ filter: undefined }, take);
  const { attribute } = key;
  if (bounds !== 'no-value' && isFiltered) return index.walk({ filter: windowFilter(key, bounds) }, take);
  if (bounds !== 'no-value')
    return index.walk({ filter: undefined }, (page) =>
      take(page.filter((record) => isWithin(record[attribute], bounds))),
    );
  if (await isNoneOutside(key, index)) return;
  await index.walk({ filter: undefined, attributes: ['objectID', attribute] }, async (page) => {
    const outside = page.filter((record) => !isComparable(record[attribute]));
    if (outside.length === 0) return;
    const whole = await index.records(outside.map(({ objectID }) => String(objectID)));
    await take(whole.filter((record) => record !== undefined));
  });
}

/** So often as many with a number as there are in all, by counts in turn: what comes and goes between two of them changes one of the next. */
const COUNTS = 2;

async function isNoneOutside(key: WindowKey, index: IndexReader): Promise<boolean> {
  const all = await index.count(undefined);
  const numbered = windowFilter(key, { from: undefined, to: undefined });
  for (let turn = 0; turn < COUNTS; turn++) {
    const isSame = (await index.count(numbered)) === all && (await index.count(undefined)) === all;
    if (!isSame || all === undefined) return false;
  }
  return true;
}
