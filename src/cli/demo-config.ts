import type { ConfigInput } from '../config/schema.ts';
import type { AlgoliaServer } from '../local/algolia/server.ts';

const DEMO_TABLE = 'public.audit_log';
export const DEMO_INDEX = 'audit_log';

/** Newest first, whatever is searched for; filters for the questions that an audit log is asked. */
const SETTINGS = {
  attributesForFaceting: [
    'action',
    'actor_type',
    'searchable(actor_id)',
    'target_type',
    'filterOnly(target_id)',
    'outcome',
    'source',
    'tenant',
    'filterOnly(request_id)',
  ],
  numericAttributesForFiltering: ['occurred_at_ms'],
  ranking: [
    'desc(occurred_at_ms)',
    'typo',
    'geo',
    'words',
    'filters',
    'proximity',
    'attribute',
    'exact',
    'custom',
  ],
  customRanking: ['desc(id)'],
};

/** The configuration of a pipeline between the demo's own servers. */
export function demoConfig(
  postgresUrl: string,
  { appId, adminKey, url }: AlgoliaServer,
): Pick<ConfigInput, 'postgres' | 'algolia' | 'tables'> {
  return {
    postgres: { url: postgresUrl },
    algolia: { appId, apiKey: adminKey, hosts: [url] },
    tables: { [DEMO_TABLE]: { index: DEMO_INDEX, settings: SETTINGS } },
  };
}
