import type { Config } from '../config/schema.ts';
import type { Bounds } from '../database/rows/column-range.ts';
import type { ScannedTable, TableScan } from '../database/rows/table-scan.ts';
import type { TableShape } from '../database/rows/table-shape.ts';
import type { TypeCatalog } from '../database/type-catalog.ts';
import { UsageError } from '../errors.ts';
import type { IndexReader } from './index-reader.ts';
import {
  isComparable,
  type WindowKey,
  type WindowKeys,
  windowFilter,
  windowKeys,
  windowsBetween,
} from './windows.ts';

/** Only rows from a time on or before one, in milliseconds since 1970; or those of certain keys. */
export type Scope = Bounds & { readonly by: 'time' | 'key' };

export type PlanOptions = {
  readonly table: string;
  readonly config: Pick<Config, 'tables' | 'keys'>;
  readonly scope: Scope | undefined;
  readonly shape: TableShape;
  readonly types: TypeCatalog;
  readonly scan: TableScan;
  readonly scanned: ScannedTable;
  readonly index: IndexReader;
  readonly rowsPerWindow: number;
  readonly leavesMax: number;
};

export type WindowPlan = {
  /** Undefined where there is one window, of all. */
  readonly key: WindowKey | undefined;
  readonly windows: readonly Bounds[];
  /** Into how many a window is cut to begin with. */
  readonly slices: number;
  /** Whether rows and records are looked for that are in none of them, or whose number is too large to be found by a filter. */
  readonly hasOutside: boolean;
  /** Whether the index finds the records of a window by a filter. */
  readonly isFiltered: boolean;
};

/** What chance may put into one slice beyond its share. */
const SLICE_FILL = 0.9;

/**
 * By time where the table has one that is indexed, else by a key that is a number, else all at once. A table that is no larger than a window is read at
 * once as well, and so is an index of which a filter would find next to nothing.
 */
export async function planWindows(options: PlanOptions): Promise<WindowPlan> {
  const { table, config, scope, shape, types, scan, scanned, index, rowsPerWindow } = options;
  const tableConfig = config.tables[table];
  if (tableConfig === undefined) throw new TypeError(`${table} is not configured`);
  const keys = windowKeys(tableConfig, config.keys.timeAttribute, shape, types);
  const key = scope === undefined ? await cheapest(keys, options) : keys[scope.by];
  if (scope !== undefined && key === undefined) throw cannotBeCut(table, scope.by);
  if (key === undefined) return allAtOnce(options);
  const bounds = { from: scope?.from, to: scope?.to };
  const isFiltered = await isFilterable(index, key, bounds);
  if (scope !== undefined && !isFiltered)
    return { key, windows: [bounds], slices: 1, hasOutside: false, isFiltered: false };
  const cuts = await scan.cuts(scanned, key.column, bounds, rowsPerWindow);
  const windows = windowsBetween(bounds, cuts);
  if (scope === undefined && (windows.length === 1 || !isFiltered)) return allAtOnce(options);
  return { key, windows, slices: 1, hasOutside: scope === undefined, isFiltered };
}

/** By time, unless each window would be a walk over the whole table, and a key that is a number tells rows apart as well. */
async function cheapest(
  { time, key }: WindowKeys,
  { scan, scanned }: PlanOptions,
): Promise<WindowKey | undefined> {
  if (time === undefined || key === undefined) return time ?? key;
  const isIndexed = await scan.hasIndex(scanned, time.column.name);
  return isIndexed || !(await scan.hasIndex(scanned, key.column.name)) ? time : key;
}

async function allAtOnce({ scan, scanned, leavesMax }: PlanOptions): Promise<WindowPlan> {
  const rows = await scan.count(scanned);
  const slices = Math.max(1, Math.ceil(rows / (SLICE_FILL * leavesMax)));
  const windows = [{ from: undefined, to: undefined }];
  return { key: undefined, windows, slices, hasOutside: false, isFiltered: false };
}

/**
 * The settings of an index may keep numbers from being compared: it then finds none. And numbers that are too large for it are looked for in none of the bounds
 * that may hold some; all of them have the windows of a whole table, outside of which these are looked for.
 */
async function isFilterable(index: IndexReader, key: WindowKey, { from, to }: Bounds): Promise<boolean> {
  const isScoped = from !== undefined || to !== undefined;
  if (![from, to].every((bound) => bound === undefined || isComparable(bound))) return false;
  const all = await index.count(undefined);
  const within = await index.count(windowFilter(key, { from: undefined, to: undefined }));
  const isOpen = key.kind === 'key' && isScoped && (from === undefined || to === undefined);
  return all === 0 || (isOpen ? within === all : (within ?? 0) > 0);
}

/** Of a table that has no such time or key. */
export function cannotBeCut(table: string, by: Scope['by']): UsageError {
  const what =
    by === 'time'
      ? 'no attribute that is the time of its rows, as it stands in a timestamp column'
      : 'no key that is one whole number, and an attribute of its records';
  return new UsageError(`${table} has ${what}`, {
    remedy:
      by === 'time'
        ? 'Use --key-from and --key-to, or leave --from and --to out.'
        : 'Leave --key-from and --key-to out.',
  });
}
