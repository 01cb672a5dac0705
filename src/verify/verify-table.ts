import { mappedColumns } from '../config/columns.ts';
import type { Config, TableConfig } from '../config/schema.ts';
import { bindTables } from '../database/bindings.ts';
import { letteredRecords } from '../database/dead-letters/lettered-records.ts';
import { postgresFailure } from '../database/failures.ts';
import { type ScannedTable, TableScan } from '../database/rows/table-scan.ts';
import { readServer } from '../database/server.ts';
import { loadTypeCatalog, type TypeCatalog } from '../database/type-catalog.ts';
import { positionBehind } from '../database/wal-position.ts';
import { PreconditionError, UsageError } from '../errors.ts';
import { LSN_ZERO, type Lsn } from '../lsn.ts';
import { readBytesMax } from '../records/record-field.ts';
import { isKeyOf } from '../records/refresh-message.ts';
import { textLimits } from '../refresh/text-limits.ts';
import { ExclusionLists } from './exclusion-lists.ts';
import { Expectations } from './expectations.ts';
import { IndexReader, type ReadAlgolia, type Waiting } from './index-reader.ts';
import { Judge } from './judge.ts';
import { presenceOnly } from './mapped-part.ts';
import { type RepairOptions, readAgain } from './repair.ts';
import { notPublished } from './seen-rows.ts';
import { TableVerification } from './table-verification.ts';
import type { Verified, VerifiedWindow } from './verified.ts';
import { planWindows, type Scope } from './window-plan.ts';

/** What is compared, and by which means. */
export type VerifyOptions = {
  /** An ordinary connection that may write; it is not ended. */
  readonly client: RepairOptions['client'];
  readonly config: Config;
  /** Configured name. */
  readonly table: string;
  readonly scope?: Scope | undefined;
  readonly algolia: ReadAlgolia;
  /** Resolves when the slot is confirmed through the position, by whoever holds it. */
  readonly passed: (goal: { readonly target: Lsn }) => Promise<void>;
  /** Has those that differ read again. */
  readonly repairs?: boolean | undefined;
  /** Told of each window once it is done, and how many there are, as far as that is known. */
  readonly onWindow?: ((window: VerifiedWindow, of: number) => void) | undefined;
  /** Told while the index does not answer. */
  readonly onWaiting?: ((waiting: Waiting) => void) | undefined;
  readonly limits?: Partial<VerifyLimits> | undefined;
};

export type VerifyLimits = {
  readonly rowsPerWindow: number;
  /** Rows of which objectID and leaf are held in memory at once: some 200 bytes each. */
  readonly leavesMax: number;
};

const LIMITS: VerifyLimits = { rowsPerWindow: 50_000, leavesMax: 400_000 };
/** Of rows that are read at once, if each is as large as it can be. */
const READ_BYTES_MAX = 64_000_000;
const ROWS_AT_ONCE_MAX = 500;

/**
 * Compares a table with what its index holds of it, window by window. What differs is looked at again until that is sure, whatever is
 * written meanwhile. Rejects with a Wal2AlgoliaError.
 */
export async function verifyTable(options: VerifyOptions): Promise<Verified> {
  const { client, config, table } = options;
  const { postgres, replication, tables } = config;
  const tableConfig = tables[table];
  if (tableConfig === undefined) throw unknownTable(table, tables);
  const url = postgres.url.reveal();
  const lists = new ExclusionLists(url, replication.slot, tables);
  let scan: TableScan | undefined;
  try {
    const { version } = await readServer(client);
    scan = new TableScan(url, version);
    const types = await loadTypeCatalog(client);
    const scanned = await scannedTable(options, tableConfig, types);
    await lists.read();
    return await verify(options, { tableConfig, lists, scan, types, scanned });
  } catch (error) {
    throw postgresFailure(error, `verifying ${table}`);
  } finally {
    await Promise.all([scan?.close(), lists.close()]);
  }
}

type Opened = {
  readonly tableConfig: TableConfig;
  readonly lists: ExclusionLists;
  readonly scan: TableScan;
  readonly types: TypeCatalog;
  readonly scanned: ScannedTable;
};

async function verify(
  options: VerifyOptions,
  { tableConfig, lists, scan, types, scanned }: Opened,
): Promise<Verified> {
  const { client, config, table, scope, repairs, onWindow, onWaiting, algolia } = options;
  const startedAt = new Date().toISOString();
  const limits = { ...LIMITS, ...options.limits };
  const { index: indexName } = tableConfig;
  const index = new IndexReader(algolia, indexName, { onWaiting });
  await checkSeesAll(index, tableConfig);
  const { erased, floors } = lists;
  const expectations = new Expectations({ table, config, types, erased, floors });
  let lsn = LSN_ZERO;
  const passed = async (): Promise<void> => {
    lsn = await positionBehind(client);
    await options.passed({ target: lsn });
    if (config.algolia.confirmAfter === 'accepted') await index.published();
  };
  const shape = await scan.shape(scanned);
  if (shape === undefined) throw notPublished(table);
  const parts = { table, config, scope, shape, types, scan, scanned, index };
  const plan = await planWindows({ ...parts, ...limits });
  const lettered = (objectIDs: readonly string[]) =>
    letteredRecords(client, config.replication.slot, indexName, objectIDs);
  const atOnce = rowsAtOnce(tableConfig, config.algolia.recordBytesMax);
  const more = { table, scan, scanned, expectations, index, passed, rowsAtOnce: atOnce };
  const verification = new TableVerification({
    ...more,
    plan,
    judge: new Judge({ ...more, config: tableConfig, lists, lettered }),
    isScoped: scope !== undefined,
    isKey: isKeyOf(tableConfig, config.algolia.recordBytesMax),
    isOwn: (objectID) => objectID.startsWith(tableConfig.objectIDPrefix ?? ''),
    leavesMax: limits.leavesMax,
    readAgain: repairs === true ? (objectIDs) => readAgain(options, objectIDs) : undefined,
    onWindow,
  });
  const tally = await verification.run();
  const { found, excused, listed: differences, repaired, windows, differingWindows, rows, records } = tally;
  const endedAt = new Date().toISOString();
  const facts = { windowsBy: plan.key?.attribute, windows, rows, records, requests: index.requests };
  return {
    table,
    index: indexName,
    presenceOnly: presenceOnly(tableConfig),
    ...facts,
    ...found,
    repaired,
    ...excused,
    differences,
    isCut: differences.length < tally.differences,
    differingWindows,
    lsn,
    startedAt,
    endedAt,
  };
}

export async function scannedTable(
  { client, config, table }: Pick<VerifyOptions, 'client' | 'config' | 'table'>,
  tableConfig: TableConfig,
  types: TypeCatalog,
): Promise<ScannedTable> {
  const { plugin, publication } = config.replication;
  const [bound] = await bindTables(client, [table], undefined);
  if (bound === undefined) throw notPublished(table);
  return {
    relationOid: bound[0],
    publications: plugin === 'pgoutput' ? publication : [],
    columns: mappedColumns(tableConfig),
    limits: (shape) => textLimits(shape, tableConfig, types, config.algolia.recordBytesMax),
  };
}

/** Where an attribute is kept from the key, every record would seem to differ, and be repaired in vain. */
async function checkSeesAll(index: IndexReader, { index: name, settings }: TableConfig): Promise<void> {
  const hidden = await index.hiddenAttributes(settings);
  if (hidden.length === 0) return;
  throw new PreconditionError(
    `index ${name} shows ${hidden.join(', ')} only to keys with the right seeUnretrievableAttributes: without it every record would seem to differ`,
    {
      remedy:
        'Give algolia.apiKey that right in the Algolia dashboard, under API keys; or while `run` holds the slot, set ALGOLIA_API_KEY to a key that has it.',
    },
  );
}

function rowsAtOnce(table: TableConfig, recordBytesMax: number): number {
  const fitting = Math.floor(READ_BYTES_MAX / readBytesMax(table, recordBytesMax));
  return Math.max(1, Math.min(ROWS_AT_ONCE_MAX, fitting));
}

function unknownTable(table: string, tables: Config['tables']): UsageError {
  return new UsageError(`${table} is not configured`, {
    remedy: `Tables are ${Object.keys(tables).join(', ')}.`,
  });
}
