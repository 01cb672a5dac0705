import { postgresFailure } from '../database/failures.ts';
import { TableScan } from '../database/rows/table-scan.ts';
import { readServer } from '../database/server.ts';
import { loadTypeCatalog } from '../database/type-catalog.ts';
import { scannedTable, type VerifyOptions } from './verify-table.ts';
import { cannotBeCut } from './window-plan.ts';
import { windowKeys } from './windows.ts';

type Asked = Pick<VerifyOptions, 'client' | 'config' | 'table' | 'scope'>;

/** A table that has no such time or key is told before others have been compared for hours. Rejects with a Wal2AlgoliaError. */
export async function checkScope({ client, config, table, scope }: Asked): Promise<void> {
  const tableConfig = config.tables[table];
  if (scope === undefined || tableConfig === undefined) return;
  let scan: TableScan | undefined;
  try {
    const { version } = await readServer(client);
    scan = new TableScan(config.postgres.url.reveal(), version);
    const types = await loadTypeCatalog(client);
    const shape = await scan.shape(await scannedTable({ client, config, table }, tableConfig, types));
    const keys = shape && windowKeys(tableConfig, config.keys.timeAttribute, shape, types);
    if (keys !== undefined && keys[scope.by] === undefined) throw cannotBeCut(table, scope.by);
  } catch (error) {
    throw postgresFailure(error, `verifying ${table}`);
  } finally {
    await scan?.close();
  }
}
