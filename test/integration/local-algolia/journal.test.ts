import { request as httpRequest } from 'node:http';
import { expect, test } from 'vitest';
import type { Task } from '../../../src/local/algolia/write-operation.ts';
import { clientOf, type Served, served } from './served.ts';

const indexName = 'log';
const write = (client: Served['client'], n: number, objectID = 'a') =>
  client.saveObject({ indexName, body: { objectID, n } });
const unreachable = { name: 'RetryError' };

function versionsOf(tasks: readonly Task[]): unknown[] {
  return tasks.flatMap(({ operations }) =>
    operations.map((operation) => operation.kind === 'set' && JSON.parse(operation.record.toString()).n),
  );
}

test('each task says which request and which connection brought it', async () => {
  await using context = await served({ journal: true });
  const { server, client } = context;
  const other = clientOf(server.port, server.appId, server.adminKey);
  await write(client, 1);
  await write(other, 2);
  await client.indexExists({ indexName });
  await write(client, 3);
  const [first, second, third] = server.journal().arrived.map(({ arrival }) => arrival);
  expect(first).toEqual({ request: 1, connection: 1, remotePort: expect.any(Number) });
  expect(second).toEqual({ request: 2, connection: 2, remotePort: expect.any(Number) });
  expect(third).toEqual({ ...first, request: 4 });
  expect(second?.remotePort).not.toBe(first?.remotePort);
});

test('a connection after a reset is another one', async () => {
  await using context = await served({ journal: true });
  const { server, client } = context;
  server.faults.add({ kind: 'reset', when: 'after' });
  await expect(write(client, 1)).rejects.toMatchObject(unreachable);
  await write(client, 1);
  const connections = server.journal().arrived.map(({ arrival }) => arrival?.connection);
  expect(connections).toEqual([1, 2]);
});

test('a request that began before another and ended behind it can be told from one that was sent behind it', async () => {
  await using context = await served({ journal: true });
  const { server, client } = context;
  const slow = httpRequest(`${server.url}/1/indexes/${indexName}/a`, {
    method: 'PUT',
    headers: {
      'x-algolia-application-id': server.appId,
      'x-algolia-api-key': server.adminKey,
      expect: '100-continue',
    },
  });
  const headRead = new Promise<void>((resolve) => slow.once('continue', resolve));
  const answered = new Promise<number | undefined>((resolve, reject) => {
    slow.once('response', (response) => resolve(response.resume().statusCode));
    slow.once('error', reject);
  });
  slow.write('{"objectID":"a",');
  await headRead;
  await write(client, 2);
  slow.end('"n":1}');
  expect(await answered).toBe(200);
  const { arrived } = server.journal();
  expect(versionsOf(arrived)).toEqual([2, 1]);
  const sent = arrived.toSorted((a, b) => (a.arrival?.request ?? 0) - (b.arrival?.request ?? 0));
  expect(versionsOf(sent)).toEqual([1, 2]);
});

test('a batch of several indices is one request, in order; what is refused or reset before is none', async () => {
  await using context = await served({ journal: true, recordBytesMax: 100 });
  const { server, client } = context;
  server.faults.add({ kind: 'reset', when: 'before' });
  await expect(write(client, 1)).rejects.toMatchObject(unreachable);
  await expect(client.saveObject({ indexName, body: { text: 'x'.repeat(100) } })).rejects.toMatchObject({
    status: 400,
  });
  const requests = ['one', 'two', 'one'].map((name, n) => ({
    action: 'updateObject' as const,
    indexName: name,
    body: { objectID: 'a', n },
  }));
  await client.multipleBatch({ requests });
  const { arrived } = server.journal();
  expect(arrived.map(({ index, arrival }) => [index, arrival?.request])).toEqual([
    ['one', 3],
    ['two', 3],
  ]);
  expect(versionsOf(arrived)).toEqual([0, 2, 1]);
});

test('nothing is remembered unless it is asked for', async () => {
  await using context = await served();
  await write(context.client, 1);
  expect(context.server.journal()).toEqual({ arrived: [], applied: [] });
});
