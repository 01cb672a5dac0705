import type { ConfigInput } from '../config/schema.ts';
import type { AlgoliaServer } from '../local/algolia/server.ts';

const DEMO_TABLE = 'public.audit_log';
export const DEMO_INDEX = 'audit_log';

/** The configuration of a pipeline between the demo's own servers. */
export function demoConfig(
  postgresUrl: string,
  { appId, adminKey, url }: AlgoliaServer,
): Pick<ConfigInput, 'postgres' | 'algolia' | 'tables'> {
  return {
    postgres: { url: postgresUrl },
    algolia: { appId, apiKey: adminKey, hosts: [url] },
    tables: { [DEMO_TABLE]: { index: DEMO_INDEX, attributes: 'audit', settings: {} } },
  };
}
