import type { IndexSettings } from './algolia/client.ts';
import { deriveSettings, type IndexedTable } from './algolia/derived-settings.ts';
import { mappedColumns } from './config/columns.ts';
import type { Config, TableConfig } from './config/schema.ts';
import { readServer } from './database/server.ts';
import { readPublishedColumns, readTable } from './database/tables.ts';
import { loadTypeCatalog, type TypeCatalog } from './database/type-catalog.ts';
import { describeAttributes } from './records/described-attributes.ts';

type Client = Parameters<typeof readTable>[0];

/** The indexes whose settings are configured, with those that are given. Tables that share one say the same, or nothing. */
export function configuredIndexes(config: Pick<Config, 'tables'>): ReadonlyMap<string, IndexSettings> {
  return new Map(
    Object.values(config.tables).flatMap(({ index, settings }) =>
      settings === undefined ? [] : [[index, settings] as const],
    ),
  );
}

/**
 * The settings that each index with configured ones should have: derived from all the tables that go into it, as they are published or
 * will be, and what is given in place of it. Reads only. Rejects with a ConfigError where tables contradict each other, else with the
 * error of the database.
 */
export async function wantedSettings(
  client: Client,
  config: Pick<Config, 'tables' | 'keys' | 'replication'>,
): Promise<ReadonlyMap<string, IndexSettings>> {
  const configured = configuredIndexes(config);
  if (configured.size === 0) return configured;
  const server = await readServer(client);
  const types = await loadTypeCatalog(client);
  const wanted = new Map<string, IndexSettings>();
  for (const [index, given] of configured) {
    const tables: IndexedTable[] = [];
    for (const [qualifiedName, table] of Object.entries(config.tables)) {
      if (table.index !== index) continue;
      const read = await readIndexedTable(
        client,
        { config, version: server.version, types },
        qualifiedName,
        table,
      );
      if (read !== undefined) tables.push(read);
    }
    wanted.set(index, tables.length === 0 ? given : deriveSettings(tables, config.keys, given));
  }
  return wanted;
}

type Catalog = {
  readonly config: Pick<Config, 'replication'>;
  readonly version: number;
  readonly types: TypeCatalog;
};

/** Undefined when there is no such table. */
async function readIndexedTable(
  client: Client,
  { config, version, types }: Catalog,
  qualifiedName: string,
  table: TableConfig,
): Promise<IndexedTable | undefined> {
  const there = await readTable(client, qualifiedName);
  if (there === undefined) return undefined;
  const { plugin, publication } = config.replication;
  const published =
    plugin === 'wal2json' ? [] : await readPublishedColumns(client, version, publication, there);
  const mapped = mappedColumns(table);
  // What is not published yet will be once `setup` has run: the columns of the mapping, or all.
  const carried = published.length === 0 ? (mapped ?? there.columns.map(({ name }) => name)) : published;
  const columns = there.columns.filter(({ name }) => carried.includes(name));
  const relation = { tag: 'relation' as const, ...there, columns };
  return {
    qualifiedName,
    attributes: describeAttributes({ relation, table, qualifiedName, types }),
    isCut: table.oversize === 'cut',
  };
}
