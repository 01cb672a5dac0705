import { expect, test } from 'vitest';
import type { Fault } from '../../../src/local/algolia/faults.ts';
import { type Served, save, served } from './served.ts';

const indexName = 'log';
const write = ({ client }: Served, ...objects: Record<string, unknown>[]) =>
  client.batch({
    indexName,
    batchWriteParams: { requests: objects.map((body) => ({ action: 'updateObject', body })) },
  });
const records = [{ objectID: 'a' }, { objectID: 'b', note: 'a bad word' }, { objectID: 'c' }];

/** What stands in the answer to a batch, as it was sent. */
async function answerTo({ server }: Served, objects: readonly object[]) {
  const headers = { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.adminKey };
  const requests = objects.map((body) => ({ action: 'updateObject', body }));
  const body = JSON.stringify({ requests });
  const answer = await fetch(`${server.url}/1/indexes/${indexName}/batch`, { method: 'POST', headers, body });
  return [answer.status, await answer.json()];
}

test.each([
  [
    { objectIDs: ['b', 'x'] },
    400,
    {
      message: 'Record at the position 1 objectID=b is invalid',
      position: 1,
      objectID: 'b',
    },
  ],
  [
    { text: 'bad word', names: 'message' },
    400,
    { message: 'Record at the position 1 objectID=b is invalid' },
  ],
  [
    { text: 'bad word', names: 'nothing' },
    400,
    { message: 'Invalid object attributes near line:1 column:64' },
  ],
  [
    { objectIDs: ['b'], names: 'message', message: '{objectID} at {position}{near}', status: 422 },
    422,
    { message: 'b at 1 near line:1 column:64' },
  ],
] as [object, number, object][])(
  'the poison %j refuses the whole batch that holds it',
  async (poison, status, body) => {
    await using context = await served({ journal: true });
    context.server.faults.add({ kind: 'poison', ...poison } as Fault);
    expect(await answerTo(context, records)).toEqual([status, { status, ...body }]);
    expect(await context.client.indexExists({ indexName })).toBe(false);
    expect(context.server.journal().arrived).toEqual([]);
  },
);

test('a poison refuses until it is cleared, and lets everything else pass', async () => {
  await using context = await served();
  const { client, server } = context;
  server.faults.add({ kind: 'poison', text: 'bad word' }, { kind: 'refuse', status: 503, path: '/never' });
  for (let attempt = 0; attempt < 5; attempt += 1)
    await expect(write(context, ...records)).rejects.toMatchObject({ status: 400 });
  await save(client, indexName, [{ objectID: 'a' }, { objectID: 'b', note: 'mended' }, { objectID: 'c' }]);
  await client.deleteObject({ indexName, objectID: 'b' });
  await client.batch({
    indexName,
    batchWriteParams: {
      requests: [{ action: 'deleteObject', body: { objectID: 'b', note: 'bad word' } as never }],
    },
  });
  expect(server.faults.met).toBe(5);
  server.faults.clear('poison');
  expect(server.faults.waiting).toHaveLength(1);
  await write(context, ...records);
});

test('a poison meets single writes, parts of records, and batches of several indices', async () => {
  await using context = await served();
  const { client, server } = context;
  server.faults.add({ kind: 'poison', objectIDs: ['b'], index: indexName });
  const refused = { status: 400, message: expect.stringContaining('objectID=b') };
  await expect(client.saveObject({ indexName, body: { objectID: 'b' } })).rejects.toMatchObject(refused);
  await expect(client.addOrUpdateObject({ indexName, objectID: 'b', body: { n: 1 } })).rejects.toMatchObject(
    refused,
  );
  await expect(
    client.partialUpdateObject({ indexName, objectID: 'b', attributesToUpdate: { n: 1 } }),
  ).rejects.toMatchObject(refused);
  const both = (...indices: string[]) =>
    client.multipleBatch({
      requests: indices.map((name) => ({
        action: 'addObject',
        indexName: name,
        body: { objectID: 'b' },
      })),
    });
  await expect(both('other', indexName)).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('position 1'),
  });
  expect(await client.indexExists({ indexName: 'other' })).toBe(false);
  await both('other', 'another');
});

test('a poison joins what happens to the connection', async () => {
  await using context = await served({ journal: true });
  const { server } = context;
  server.faults.add({ kind: 'poison', objectIDs: ['b'] }, { kind: 'reset', when: 'after' });
  await expect(write(context, ...records)).rejects.toMatchObject({ name: 'RetryError' });
  await expect(write(context, ...records)).rejects.toMatchObject({ status: 400 });
  expect(server.journal().arrived).toEqual([]);
});

test('a quota refuses what would go beyond it, as one, and lets removals pass', async () => {
  await using context = await served({ journal: true });
  const { server, client } = context;
  await write(context, { objectID: 'before' });
  server.faults.add({ kind: 'quota', recordsMax: 3 });
  await write(context, { objectID: 'a' }, { objectID: 'b' });
  const full = { status: 403, message: 'You have exceeded your Record quota' };
  await expect(write(context, { objectID: 'c' }, { objectID: 'd' })).rejects.toMatchObject(full);
  await write(context, { objectID: 'a', n: 1 });
  await expect(write(context, { objectID: 'a', n: 2 })).rejects.toMatchObject(full);
  await expect(client.saveObject({ indexName, body: { objectID: 'c' } })).rejects.toMatchObject(full);
  await client.deleteObjects({ indexName, objectIDs: ['a', 'b'] });
  expect(server.journal().arrived.map(({ operations }) => operations.length)).toEqual([1, 2, 1, 2]);
  server.faults.clear();
  await write(context, { objectID: 'c' }, { objectID: 'd' });
});

test('a quota counts what was accepted and not answered, and nothing that was refused', async () => {
  await using context = await served();
  const { server } = context;
  server.faults.add({ kind: 'quota', recordsMax: 2, status: 402, message: 'Payment required' });
  server.faults.add({ kind: 'poison', objectIDs: ['bad'] });
  server.faults.add({ kind: 'reset', when: 'before' }, { kind: 'reset', when: 'after' });
  for (let attempt = 0; attempt < 2; attempt += 1)
    await expect(write(context, { objectID: 'a' })).rejects.toMatchObject({ name: 'RetryError' });
  await expect(write(context, { objectID: 'bad' })).rejects.toMatchObject({ status: 400 });
  await write(context, { objectID: 'a' });
  await expect(write(context, { objectID: 'a' })).rejects.toMatchObject({
    status: 402,
    message: 'Payment required',
  });
});
