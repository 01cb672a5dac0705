import { expect, test } from 'vitest';
import type { ApiKey } from '../../../src/local/algolia/api-key.ts';
import { clientOf, save, served } from './served.ts';

const writer: ApiKey = { value: 'writer', acl: ['addObject'], indexes: ['audit_*'] };
const deleter: ApiKey = {
  value: 'deleter',
  acl: ['addObject', 'deleteObject'],
  indexes: ['audit_log'],
  description: 'prunes',
};

test('keys do what their rights allow, on the indices that they name', async () => {
  await using context = await served({ keys: [writer, deleter] });
  const { server, client } = context;
  await save(client, 'audit_log', [{ objectID: 'a' }]);
  const withKey = (key: string) => clientOf(server.port, server.appId, key);
  const lacksRight = { status: 403, message: 'Method not allowed with this API key' };
  const batch = (key: string, indexName: string, action: 'updateObject' | 'deleteObject' | 'clear') =>
    withKey(key).batch({ indexName, batchWriteParams: { requests: [{ action, body: { objectID: 'a' } }] } });

  const { taskID } = await batch('writer', 'audit_log', 'updateObject');
  expect(await withKey('writer').getTask({ indexName: 'audit_log', taskID })).toHaveProperty('status');
  await expect(batch('writer', 'other', 'updateObject')).rejects.toMatchObject({
    status: 403,
    message: 'Index not allowed with this API key',
  });
  await expect(batch('writer', 'audit_log', 'deleteObject')).rejects.toMatchObject(lacksRight);
  await expect(batch('deleter', 'audit_log', 'deleteObject')).resolves.toHaveProperty('taskID');
  await expect(batch('deleter', 'audit_log', 'clear')).rejects.toMatchObject(lacksRight);
  await expect(withKey('writer').searchSingleIndex({ indexName: 'audit_log' })).rejects.toMatchObject(
    lacksRight,
  );
  await expect(withKey('writer').listIndices()).rejects.toMatchObject(lacksRight);
  await expect(withKey(server.searchKey).browse({ indexName: 'audit_log' })).rejects.toMatchObject(
    lacksRight,
  );
  await expect(withKey(server.searchKey).getSettings({ indexName: 'audit_log' })).rejects.toMatchObject(
    lacksRight,
  );
  await expect(
    withKey(server.searchKey).searchSingleIndex({ indexName: 'audit_log' }),
  ).resolves.toHaveProperty('nbHits');
});

test('a key may ask what it is itself, the admin key what all are', async () => {
  await using context = await served({ keys: [writer, deleter] });
  const { server, client } = context;
  const own = clientOf(server.port, server.appId, 'deleter');
  expect(await own.getApiKey({ key: 'deleter' })).toMatchObject({
    value: 'deleter',
    acl: ['addObject', 'deleteObject'],
    indexes: ['audit_log'],
    description: '<redacted>',
  });
  expect(await client.getApiKey({ key: 'deleter' })).toMatchObject({ description: 'prunes' });
  await expect(own.getApiKey({ key: 'writer' })).rejects.toMatchObject({ status: 403 });
  expect((await client.getApiKey({ key: server.searchKey })).acl).toEqual(['search']);
  await expect(client.getApiKey({ key: 'none' })).rejects.toMatchObject({
    status: 404,
    message: 'Key does not exist',
  });
  expect((await client.listApiKeys()).keys).toHaveLength(4);
});

test.each([
  ['another application', 'else', 'local-admin-key'],
  ['an unknown key', 'local', 'guess'],
])('%s is refused', async (_, appId, key) => {
  await using context = await served();
  const stranger = clientOf(context.server.port, appId, key);
  await expect(stranger.listIndices()).rejects.toMatchObject({
    status: 403,
    message: 'Invalid Application-ID or API key',
  });
});

test('credentials may stand in the query string, for pages of any origin', async () => {
  await using context = await served();
  const { server, client } = context;
  await save(client, 'log', [{ objectID: 'a', n: 1 }]);
  const credentials = `x-algolia-application-id=${server.appId}&x-algolia-api-key=${server.searchKey}&x-algolia-agent=test`;
  const post = await fetch(`${server.url}/1/indexes/log/query?${credentials}`, {
    method: 'POST',
    body: '{"params":"query=&hitsPerPage=1"}',
  });
  expect(post.headers.get('access-control-allow-origin')).toBe('*');
  expect(await post.json()).toMatchObject({ nbHits: 1, params: 'query=&hitsPerPage=1' });
  const get = await fetch(
    `${server.url}/1/indexes/log?${credentials}&filters=n%3D1&attributesToRetrieve=%5B%22n%22%5D`,
  );
  expect(await get.json()).toMatchObject({
    hits: [{ objectID: 'a', n: 1 }],
    params: expect.not.stringContaining('x-algolia'),
  });
  const preflight = await fetch(`${server.url}/1/indexes/*/queries`, {
    method: 'OPTIONS',
    headers: { origin: 'https://example.com', 'access-control-request-headers': 'x-algolia-api-key' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-headers')).toBe('x-algolia-api-key');
  expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
  const refused = await fetch(`${server.url}/1/indexes`);
  expect(refused.headers.get('access-control-allow-origin')).toBe('*');
  expect(await refused.json()).toEqual({ message: 'Invalid Application-ID or API key', status: 403 });
});

test('a path that is none is 404, an encoding that is none 415', async () => {
  await using context = await served();
  const { server } = context;
  const headers = { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.adminKey };
  expect((await fetch(`${server.url}/2/nothing`, { headers })).status).toBe(404);
  expect(
    (await fetch(`${server.url}/1/indexes/a/queries`, { method: 'POST', headers, body: '{}' })).status,
  ).toBe(404);
  const body = { method: 'POST', body: '{}' };
  const br = await fetch(`${server.url}/1/indexes/a/batch`, {
    ...body,
    headers: { ...headers, 'content-encoding': 'br' },
  });
  expect([br.status, await br.json()]).toMatchObject([415, { message: 'unrecognized Content-Encoding: br' }]);
  const gzip = await fetch(`${server.url}/1/indexes/a/batch`, {
    ...body,
    headers: { ...headers, 'content-encoding': 'gzip' },
  });
  expect(gzip.status).toBe(400);
});
