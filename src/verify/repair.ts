import type { Config } from '../config/schema.ts';
import { askInWal } from '../database/refresh-asking.ts';
import { UnavailableError } from '../errors.ts';
import type { Lsn } from '../lsn.ts';
import { refreshRequests } from '../records/refresh-request.ts';

export type RepairOptions = {
  readonly client: Parameters<typeof askInWal>[0];
  readonly config: Pick<Config, 'tables' | 'algolia'>;
  readonly table: string;
  readonly passed: (goal: { readonly target: Lsn }) => Promise<void>;
};

/**
 * Has records read again by whoever holds the slot, and resolves when that is done. What is missing by then is deleted from the index where its row
 * is still not there at that moment. Rejects with a Wal2AlgoliaError.
 */
export async function readAgain(options: RepairOptions, objectIDs: readonly string[]): Promise<void> {
  const { client, config, table, passed } = options;
  const mapping = config.tables[table];
  if (mapping === undefined) throw new UnavailableError(`${table} is not configured`);
  const { messages } = refreshRequests(table, objectIDs, mapping, config.algolia.recordBytesMax);
  if (messages.length > 0) await passed({ target: await askInWal(client, messages) });
}
