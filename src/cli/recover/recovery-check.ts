import { createAlgolia } from '../../algolia/client.ts';
import { streamedTables } from '../../config/reference-tables.ts';
import type { Config } from '../../config/schema.ts';
import { postgresFailure } from '../../database/failures.ts';
import { preflightTables } from '../../database/preflight.ts';
import { checkServer, readServer, WALSENDER_NAME } from '../../database/server.ts';
import { loadTypeCatalog } from '../../database/type-catalog.ts';
import { startChecks } from '../../start-checks.ts';
import { connectOnce } from '../connection.ts';

/** What `run` looks at before it streams, with its role and its key, as far as that takes no slot. Rejects with a Wal2AlgoliaError. */
export async function checkAsRun(config: Config): Promise<void> {
  const { replication } = config;
  const client = await connectOnce(config.postgres.url.reveal(), 'wal2algolia recover');
  const algolia = createAlgolia({ ...config.algolia, apiKey: config.algolia.apiKey.reveal() });
  try {
    const server = await readServer(client);
    checkServer(server, WALSENDER_NAME);
    const wanted = { ...replication, publications: replication.publication, ...streamedTables(config) };
    const found = await preflightTables(client, server, wanted);
    const types = await loadTypeCatalog(client);
    // What only has to be known, it tells itself.
    await startChecks(config, algolia, () => undefined)({ client, server, types, ...found });
  } catch (error) {
    throw postgresFailure(error, 'looking at what `run` needs');
  } finally {
    algolia.close();
    await client.end().catch(() => undefined);
  }
}
