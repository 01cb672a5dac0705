import { startAlgoliaServer } from '../../src/local/algolia/server.ts';
import type { LocalIndexAddress } from './local-index-process.ts';

const server = await startAlgoliaServer({ port: 0, ...JSON.parse(process.argv[2] ?? '{}') });
const { url, appId, adminKey } = server;

process.on('message', () => process.send?.(Object.values(server.requests).reduce((sum, n) => sum + n, 0)));
process.on('disconnect', () => process.exit());
process.send?.({ url, appId, adminKey } satisfies LocalIndexAddress);
