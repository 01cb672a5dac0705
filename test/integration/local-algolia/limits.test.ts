import { expect, test } from 'vitest';
import { clientOf, save, served } from './served.ts';

const indexName = 'audit_log';
const rows = Array.from({ length: 2_500 }, (_, id) => ({ objectID: `row:${id}`, id }));

test('gzip bodies are read', async () => {
  await using context = await served();
  const { server } = context;
  const client = clientOf(server.port, server.appId, server.adminKey, { compression: 'gzip' });
  await save(client, indexName, rows);
  expect((await client.searchSingleIndex({ indexName })).nbHits).toBe(rows.length);
});

test('a record that is too big refuses its whole batch', async () => {
  await using context = await served({ recordBytesMax: 100 });
  const { client } = context;
  const objects = [{ objectID: 'ok' }, { objectID: 'big', text: 'x'.repeat(100) }];
  await expect(client.saveObjects({ indexName, objects })).rejects.toMatchObject({
    status: 400,
    message: expect.stringMatching(/^Record at the position 1 objectID=big is too big size=\d+\/100 bytes/),
  });
  expect(await client.indexExists({ indexName })).toBe(false);
});

test.each([
  ['old', { position: 1, objectID: 'big' }],
  ['new', {}],
] as const)('the %s infrastructure says with %j which record is too big', async (infrastructure, fields) => {
  await using context = await served({ recordBytesMax: 100, infrastructure });
  const { server } = context;
  const headers = { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.adminKey };
  const objects = [{ objectID: 'ok' }, { objectID: 'big', text: 'x'.repeat(100) }];
  const requests = objects.map((body) => ({ action: 'updateObject', body }));
  const body = JSON.stringify({ requests });
  const answer = await fetch(`${server.url}/1/indexes/log/batch`, { method: 'POST', headers, body });
  const message = expect.stringMatching(
    /^Record at the position 1 objectID=big is too big size=\d+\/100 bytes/,
  );
  expect([answer.status, await answer.json()]).toEqual([400, { message, status: 400, ...fields }]);
});

test('a request over the limit is 413', async () => {
  await using context = await served({ requestBytesMax: 10_000 });
  const { client } = context;
  const objects = Array.from({ length: 100 }, (_, id) => ({ objectID: String(id), text: 'x'.repeat(200) }));
  await expect(client.saveObjects({ indexName, objects })).rejects.toMatchObject({ status: 413 });
  await save(client, indexName, objects.slice(0, 10));
});

test('limits change while the server runs', async () => {
  await using context = await served({ recordBytesMax: 100 });
  const { client, server } = context;
  const big = { objectID: 'big', text: 'x'.repeat(100) };
  const write = () => client.saveObjects({ indexName, objects: [big], waitForTasks: true });
  await expect(write()).rejects.toMatchObject({ status: 400 });
  server.limits.recordBytesMax = 1_000;
  await write();
  expect(server.record(indexName, 'big')).toBe(JSON.stringify(big));
  server.limits.requestBytesMax = 50;
  await expect(write()).rejects.toMatchObject({ status: 413 });
});

test('limits change over HTTP with the admin key, where the server allows it', async () => {
  await using context = await served({ faults: true });
  await using closed = await served();
  const { client, server } = context;
  const path = '1/test/limits';
  const standing = { recordBytesMax: 10_000, requestBytesMax: 100_000_000, infrastructure: 'old' };
  expect(await client.customGet({ path })).toEqual(standing);
  const changes = { recordBytesMax: 20, infrastructure: 'new' };
  expect(await client.customPut({ path, body: changes })).toEqual({ ...standing, ...changes });
  const [refusal] = await Promise.allSettled([
    client.saveObjects({ indexName, objects: [{ objectID: 'big', text: 'x'.repeat(20) }] }),
  ]);
  expect(refusal).toMatchObject({ reason: { status: 400, message: expect.stringContaining('/20 bytes') } });
  for (const wrong of [{ recordBytesMax: -1 }, { infrastructure: 'newer' }, { recordBytes: 1 }])
    await expect(client.customPut({ path, body: wrong })).rejects.toMatchObject({ status: 400 });
  const reader = clientOf(server.port, server.appId, server.searchKey);
  await expect(reader.customPut({ path, body: changes })).rejects.toMatchObject({ status: 403 });
  await expect(closed.client.customPut({ path, body: changes })).rejects.toMatchObject({ status: 404 });
});
