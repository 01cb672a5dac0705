import type { ConfigInput } from '../../config/schema.ts';
import type { AlgoliaServer } from '../../local/algolia/server.ts';

const DEMO_TABLE = 'public.audit_log';
export const DEMO_INDEX = 'audit_log';
export const DEMO_STATUS_INDEX = 'wal2algolia_status';

/** The configuration of a pipeline between the demo's own servers. */
export function demoConfig(
  postgresUrl: string,
  { appId, adminKey, url }: AlgoliaServer,
): Pick<ConfigInput, 'postgres' | 'algolia' | 'tables'> {
  return {
    postgres: { url: postgresUrl },
    algolia: { appId, apiKey: adminKey, hosts: [url], statusIndex: DEMO_STATUS_INDEX },
    tables: { [DEMO_TABLE]: { index: DEMO_INDEX, attributes: 'audit', settings: {} } },
  };
}
