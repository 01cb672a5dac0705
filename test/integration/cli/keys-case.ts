import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Algoliasearch } from 'algoliasearch';
import { runCli } from '../../../src/cli/program.ts';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { startIndex } from '../../support/line.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { clientOf, save } from '../local-algolia/served.ts';

export const INDEX = 'audit_log';
const RIGHTS = {
  search: ['search'],
  browser: ['search', 'browse'],
  writer: ['search', 'addObject'],
  blind: ['addObject'],
  elsewhere: ['search'],
} as const;

type Minted = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type KeysCase = AsyncDisposable & {
  readonly server: AlgoliaServer;
  readonly admin: Algoliasearch;
  /** As the command is called, with this parent key unless another is given. */
  mint(args: readonly string[], environment?: Record<string, string>): Promise<Minted>;
  /** A client with the key that the command printed. */
  holder(minted: Minted): Algoliasearch;
};

export const at = (second: number): string => `2026-11-23T14:00:${String(second).padStart(2, '0')}.000Z`;

/** Two tenants and two actors by turns, one event a second. */
export const events = Array.from({ length: 40 }, (_, second) => ({
  objectID: String(second),
  id: second,
  occurred_at: at(second),
  occurred_at_ms: Date.parse(at(second)),
  tenant: second % 2 === 0 ? 'acme' : 'globex "EU"',
  actor_id: second % 4 < 2 ? 'usr_1' : "usr_2's",
  action: 'report.renamed',
}));

/** An index that is set up as `settings: {}` would, with keys of several kinds. */
export async function keysCase(
  settings: Record<string, unknown> | 'no index' = {
    attributesForFaceting: ['tenant', 'searchable(actor_id)', 'filterOnly(target_id)'],
    numericAttributesForFiltering: ['id', 'occurred_at_ms'],
  },
): Promise<KeysCase> {
  const keys = Object.entries(RIGHTS).map(([value, acl]) => ({
    value,
    acl,
    ...(value === 'elsewhere' ? { indexes: ['other_*'] } : {}),
  }));
  const server = await startIndex({ keys });
  const directory = await scratchDirectory();
  const admin = clientOf(server.port, server.appId, server.adminKey);
  for (const indexName of [INDEX, 'other']) {
    if (settings === 'no index') break;
    await admin.setSettings({ indexName, indexSettings: settings });
    await save(admin, indexName, events);
  }
  const file = join(directory.path, 'wal2algolia.config.json');
  const tables = { 'public.audit_log': { index: INDEX }, 'public.other': { index: 'other' } };
  await writeFile(file, JSON.stringify({ algolia: { appId: server.appId, hosts: [server.url] }, tables }));
  const mint = async (args: readonly string[], environment: Record<string, string> = {}): Promise<Minted> => {
    const stdout: string[] = [];
    const stderr: string[] = [];
    const code = await runCli(['keys', 'mint', '--config', file, ...args], {
      stdout: { write: (text) => stdout.push(text) },
      stderr: { write: (text) => stderr.push(text) },
      signal: new AbortController().signal,
      environment: { ALGOLIA_SEARCH_KEY: 'search', ALGOLIA_ADMIN_KEY: server.adminKey, ...environment },
      cwd: directory.path,
    });
    return { code, stdout: stdout.join(''), stderr: stderr.join('') };
  };
  return {
    server,
    admin,
    mint,
    holder: ({ stdout }) => clientOf(server.port, server.appId, stdout.trim()),
    [Symbol.asyncDispose]: async () => {
      await directory[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
