import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Acl } from 'algoliasearch';
import { expect, test } from 'vitest';
import { startAlgoliaServer } from '../../../src/local/algolia/server.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { clientOf, save, served } from './served.ts';

const indexName = 'audit_log';
const missing = { status: 404, message: 'Key does not exist' };
const unknown = { status: 403, message: 'Invalid Application-ID or API key' };
const notAllowed = { status: 403, message: 'Method not allowed with this API key' };

test('a key is made, used, changed and deleted through the official client', async () => {
  await using context = await served({ taskDelayMs: 20 });
  const { client, server } = context;
  await save(client, indexName, [{ objectID: 'a' }]);
  const apiKey = {
    acl: ['search' as const],
    indexes: ['audit_*'],
    description: 'reads',
    maxHitsPerQuery: 20,
  };
  const { key } = await client.addApiKey(apiKey);
  await client.waitForApiKey({ key, operation: 'add' });
  const own = clientOf(server.port, server.appId, key);
  expect((await own.searchSingleIndex({ indexName })).nbHits).toBe(1);
  await expect(own.searchSingleIndex({ indexName: 'other' })).rejects.toMatchObject({ status: 403 });
  await expect(own.browse({ indexName })).rejects.toMatchObject(notAllowed);
  expect(await client.getApiKey({ key })).toMatchObject({
    value: key,
    ...apiKey,
    validity: 0,
    createdAt: expect.any(Number),
  });
  const browsing = { acl: ['browse' as const] };
  await client.updateApiKey({ key, apiKey: browsing });
  await client.waitForApiKey({ key, operation: 'update', apiKey: browsing });
  expect((await own.browse({ indexName })).hits).toHaveLength(1);
  await expect(own.searchSingleIndex({ indexName })).rejects.toMatchObject(notAllowed);
  expect((await client.listApiKeys()).keys.map(({ value }) => value)).toContain(key);
  await client.deleteApiKey({ key });
  await client.waitForApiKey({ key, operation: 'delete' });
  await expect(own.browse({ indexName })).rejects.toMatchObject(unknown);
  await expect(client.deleteApiKey({ key })).rejects.toMatchObject(missing);
});

test('a change of keys takes effect after the delay', async () => {
  await using context = await served({ taskDelayMs: 600_000 });
  const { key } = await context.client.addApiKey({ acl: ['search'] });
  await expect(context.client.getApiKey({ key })).rejects.toMatchObject(missing);
});

test('a key is over after its validity', async () => {
  await using context = await served();
  const { client, server } = context;
  const { key } = await client.addApiKey({ acl: ['listIndexes'], validity: 1 });
  const own = clientOf(server.port, server.appId, key);
  const outcome = () =>
    own.listIndices().then(
      () => 'allowed',
      (error: { status: number }) => error.status,
    );
  await waitFor(async () => (await outcome()) === 403, { description: 'the key to be over' });
  await expect(client.getApiKey({ key })).rejects.toMatchObject(missing);
});

test('keys are there after a restart, what was pending too, and nobody else reads them', async () => {
  await using directory = await scratchDirectory();
  const options = { dataDir: directory.path, taskDelayMs: 600_000 };
  const keys: string[] = [];
  {
    await using context = await served(options);
    for (const acl of ['search', 'browse', 'logs'] as Acl[])
      keys.push((await context.client.addApiKey({ acl: [acl] })).key);
    await context.client.updateApiKey({ key: keys[1] ?? '', apiKey: { acl: ['settings'] } });
    await context.client.deleteApiKey({ key: keys[2] ?? '' });
    await expect(context.client.getApiKey({ key: keys[0] ?? '' })).rejects.toMatchObject(missing);
  }
  const path = join(directory.path, 'keys.json');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  {
    await using context = await served(options);
    const found = (await context.client.listApiKeys()).keys.map(({ value, acl }) => [value, acl]);
    expect(found.slice(2)).toEqual([
      [keys[0], ['search']],
      [keys[1], ['settings']],
    ]);
  }
  await writeFile(path, '{"format":1,"keys":[{"value":"secret"}');
  const refused = await startAlgoliaServer({ port: 0, dataDir: directory.path }).catch((error) => error);
  expect(refused).toMatchObject({ code: 'PRECONDITION', message: expect.stringContaining('keys.json') });
  expect(`${refused.message} ${refused.remedy} ${refused.cause}`).not.toContain('secret');
  await writeFile(path, '{"format":1,"keys":[]}');
  await (await startAlgoliaServer({ port: 0, dataDir: directory.path })).close();
});

test('keys that the server was started with stay as they are', async () => {
  await using context = await served();
  const { client, server } = context;
  for (const key of [server.searchKey, server.adminKey]) {
    await expect(client.deleteApiKey({ key })).rejects.toMatchObject(notAllowed);
    await expect(client.updateApiKey({ key, apiKey: { acl: ['browse'] } })).rejects.toMatchObject(notAllowed);
  }
});

test.each([
  [{}],
  [{ acl: ['everything'] }],
  [{ acl: ['search'], index: ['audit_log'] }],
  [{ acl: ['search'], indexes: 'audit_log' }],
  [{ acl: ['search'], validity: -1 }],
])('no key is made of %j', async (body) => {
  await using context = await served();
  await expect(context.client.customPost({ path: '1/keys', body })).rejects.toMatchObject({ status: 400 });
  expect((await context.client.listApiKeys()).keys).toHaveLength(2);
});
