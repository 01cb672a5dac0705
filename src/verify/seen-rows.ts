import type { TableConfig } from '../config/schema.ts';
import type { ScannedTable, TableScan, Versions } from '../database/rows/table-scan.ts';
import { isVisible, type Snapshot } from '../database/snapshot.ts';
import type { Visibility } from '../database/visibility.ts';
import { PreconditionError } from '../errors.ts';
import { follows } from '../records/followed.ts';
import { keyOf } from '../records/object-id.ts';
import { isKeyOf } from '../records/refresh-message.ts';
import type { Expectation, Expectations } from './expectations.ts';

/** A row as it was seen. */
export type SeenRow = {
  readonly expectation: Expectation;
  readonly version: string;
  /** Perhaps changed or deleted by a transaction that is in the WAL, and that nobody sees yet. */
  readonly isHeld: boolean;
};

export type SeenRows = {
  readonly byObjectID: ReadonlyMap<string, readonly SeenRow[]>;
  /** From behind the reading. */
  readonly snapshot: Snapshot;
  /** A row's deletion takes its record away. */
  readonly followsDeletes: boolean;
};

export type SeenRowsOptions = {
  readonly table: string;
  readonly config: TableConfig;
  readonly scan: TableScan;
  readonly scanned: ScannedTable;
  readonly expectations: Expectations;
  readonly rowsAtOnce: number;
};

const OBJECT_ID_BYTES_MAX = 100_000;

/** Reads the rows that these objectIDs can be of, so many at once as fit into memory with all that they hold. */
export async function readSeenRows(
  { table, config, scan, scanned, expectations, rowsAtOnce }: SeenRowsOptions,
  objectIDs: readonly string[],
): Promise<SeenRows> {
  // What somebody has put into the index may be called anything.
  const keys = objectIDs
    .filter(isKeyOf(config, OBJECT_ID_BYTES_MAX))
    .map((each) => keyOf(each, config) ?? []);
  const byObjectID = new Map<string, SeenRow[]>();
  let last: Versions | undefined;
  for (let at = 0; at === 0 || at < keys.length; at += rowsAtOnce) {
    const some = keys.slice(at, at + rowsAtOnce);
    const read = await scan.readKeys(scanned, { keyColumns: config.objectID, keys: some });
    if (read === undefined) throw notPublished(table);
    addRows(byObjectID, read, await expectations.of(read));
    last = read;
  }
  if (last === undefined) throw notPublished(table);
  const followsDeletes = last.shape.followsDeletes && follows(config, 'delete');
  return { byObjectID, snapshot: last.snapshot, followsDeletes };
}

function addRows(byObjectID: Map<string, SeenRow[]>, read: Versions, expected: readonly Expectation[]): void {
  const areHeld = heldCommits(read).length > 0;
  for (const [at, expectation] of expected.entries()) {
    if (expectation.objectID === undefined) continue;
    const isHeld = areHeld && read.areTouched[at] === true;
    const seen = { expectation, version: read.versions[at] ?? '', isHeld };
    const others = byObjectID.get(expectation.objectID);
    if (others === undefined) byObjectID.set(expectation.objectID, [seen]);
    else others.push(seen);
  }
}

/** Commits that are in the WAL and not visible. */
export function heldCommits({ waiting, snapshot }: Visibility): readonly number[] {
  return [...waiting].filter((xid) => !isVisible(xid, snapshot));
}

export function notPublished(table: string): PreconditionError {
  return new PreconditionError(`${table} is not there, or not published`, {
    remedy: 'Run `wal2algolia setup`, or take it out of the configuration.',
  });
}
