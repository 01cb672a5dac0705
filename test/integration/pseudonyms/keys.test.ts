import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../../../src/cli/program.ts';
import { startIndex } from '../../support/line.ts';
import { pseudonymOf } from '../../support/pseudonym.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { clientOf, save } from '../local-algolia/served.ts';

const KEYS = ['the key of all that was before 2026', 'the key of all that came after that'];
const INDEX = 'log';
const idsOf = (user: string): string[] => KEYS.map((key) => pseudonymOf(key, 'user', user));

test('a key for a person sees what they did under every key, and says no original id', async () => {
  await using server = await startIndex({ keys: [{ value: 'search', acl: ['search'] }] });
  await using directory = await scratchDirectory();
  const admin = clientOf(server.port, server.appId, server.adminKey);
  await admin.setSettings({
    indexName: INDEX,
    indexSettings: { attributesForFaceting: ['searchable(actor_id)'] },
  });
  const records = ['ann@x.example', 'bob@x.example'].flatMap((user) =>
    idsOf(user).map((actor_id, at) => ({ objectID: `${user} ${at}`, actor_id })),
  );
  await save(admin, INDEX, records);
  const file = join(directory.path, 'wal2algolia.config.json');
  const keys = [
    { id: 'a', variable: 'FIRST' },
    { id: 'b', from: '2026-01-01', variable: 'SECOND' },
  ];
  const attributes = { actor_id: { column: 'user_email', pseudonym: 'user' } };
  const tables = { 'public.log': { index: INDEX, attributes, time: 'at' } };
  const algolia = { appId: server.appId, hosts: [server.url] };
  await writeFile(file, JSON.stringify({ algolia, tables, pseudonyms: { keys } }));
  const mint = async (args: string[], variables: Record<string, string>) => {
    const texts = { stdout: '', stderr: '' };
    const sink = (name: keyof typeof texts) => ({ write: (text: string) => (texts[name] += text) });
    const code = await runCli(['keys', 'mint', '--config', file, ...args], {
      stdout: sink('stdout'),
      stderr: sink('stderr'),
      signal: new AbortController().signal,
      environment: { ALGOLIA_SEARCH_KEY: 'search', ALGOLIA_ADMIN_KEY: server.adminKey, ...variables },
      cwd: directory.path,
    });
    return { code, ...texts };
  };
  const seen = async ({ stdout }: { stdout: string }): Promise<string[]> => {
    const holder = clientOf(server.port, server.appId, stdout.trim());
    const { hits } = await holder.searchSingleIndex({ indexName: INDEX });
    return hits.map(({ objectID }) => objectID).sort();
  };
  const both = { FIRST: KEYS[0] ?? '', SECOND: KEYS[1] ?? '' };
  const person = await mint(['--actor', 'ann@x.example'], both);
  expect(person.code, person.stderr).toBe(0);
  expect(await seen(person)).toEqual(['ann@x.example 0', 'ann@x.example 1']);
  expect(Buffer.from(person.stdout, 'base64').toString() + person.stderr).not.toContain('ann');
  expect(person.stderr).toMatch(/finds 2 records now, and none of 1 that were asked for/);
  const [first = ''] = idsOf('bob@x.example');
  expect(await seen(await mint(['--actor', first], {}))).toEqual(['bob@x.example 0']);
  for (const variables of [{}, { FIRST: KEYS[0] ?? '' }]) {
    const refused = await mint(['--actor', 'ann@x.example'], variables);
    expect([refused.code, refused.stdout]).toEqual([64, '']);
    expect(refused.stderr).toContain('the keys to make it of an original id are not here');
    expect(refused.stderr).not.toContain('ann');
  }
  const unknown = await mint(['--actor', first, '--original'], both);
  expect(unknown.stderr).toMatch(/finds 0 records now/);
});
