import { mappedColumns } from '../config/columns.ts';
import type { Config } from '../config/schema.ts';
import { KeyPages } from '../database/rows/key-pages.ts';
import type { RowScope } from '../database/rows/row-scope.ts';
import { ConfigError } from '../errors.ts';

export type BackfillEstimate = {
  readonly table: string;
  /** About so many. */
  readonly rows: number;
  /** No index gives the keys in their order: they would be sorted first. */
  readonly isSorted: boolean;
};

export type KeyPlace = {
  readonly config: Pick<Config, 'postgres' | 'replication' | 'tables'>;
  readonly table: string;
  readonly scope?: RowScope | undefined;
};

/** The keys of a configured table, as its rows are published. The caller closes them. Rejects with a Wal2AlgoliaError. */
export async function openKeys(
  { config, table, scope = {} }: KeyPlace,
  given?: readonly string[] | undefined,
): Promise<KeyPages> {
  const mapping = config.tables[table];
  if (mapping === undefined) throw new ConfigError(`table ${table} is not configured`);
  const { plugin, publication } = config.replication;
  return await KeyPages.open({
    url: config.postgres.url.reveal(),
    table,
    keyColumns: mapping.objectID,
    columns: mappedColumns(mapping),
    publications: plugin === 'wal2json' ? [] : publication,
    scope,
    given,
  });
}

/** What a backfill would read, without doing it. */
export async function estimateBackfill(place: KeyPlace): Promise<BackfillEstimate> {
  const pages = await openKeys(place);
  await pages.close();
  return { table: place.table, rows: pages.rowsEstimated, isSorted: pages.isSorted };
}
