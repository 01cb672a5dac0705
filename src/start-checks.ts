import type { Algolia } from './algolia/client.ts';
import { checkKey } from './algolia/preflight.ts';
import type { Config } from './config/schema.ts';
import { readPublishedColumns, readTable } from './database/tables.ts';
import { compileEncoder } from './records/record-encoder.ts';
import { Slab } from './records/slab.ts';
import type { Found } from './replication/session.ts';

/**
 * What a process looks at before its first session streams, and not again: that the key may write where it must, and that every
 * mapping fits its table as it is published now. Rejects with a Wal2AlgoliaError.
 */
export function startChecks(config: Config, algolia: Algolia): (found: Found) => Promise<void> {
  let passed = false;
  return async (found) => {
    if (passed) return;
    await checkMappings(config, found);
    await checkKey(
      algolia,
      config.tables,
      found.publications.some((publication) => publication.delete || publication.update),
    );
    passed = true;
  };
}

async function checkMappings(config: Config, { client, server, types }: Found): Promise<void> {
  for (const [qualifiedName, table] of Object.entries(config.tables)) {
    const found = await readTable(client, qualifiedName);
    if (found === undefined) continue;
    const published = await readPublishedColumns(
      client,
      server.version,
      config.replication.publication,
      found,
    );
    const columns = found.columns.filter(({ name }) => published.includes(name));
    compileEncoder({
      relation: { tag: 'relation', ...found, columns },
      table,
      qualifiedName,
      types,
      recordBytesMax: config.algolia.recordBytesMax,
      slab: new Slab(),
    });
  }
}
