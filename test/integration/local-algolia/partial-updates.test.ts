import { expect, test } from 'vitest';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { type Served, save, served } from './served.ts';

const indexName = 'log';
const objectID = 'a';

async function settled({ client }: Served, { taskID }: { taskID?: number | undefined }): Promise<void> {
  await client.waitForTask({ indexName, taskID: taskID ?? 0 });
}

test('an older version and a repeated one change nothing, a newer one does', async () => {
  await using context = await served();
  const { client, server } = context;
  const write = async (v: number, n: string) => {
    const attributesToUpdate = { n, v: { _operation: 'IncrementSet' as const, value: v } };
    await settled(context, await client.partialUpdateObject({ indexName, objectID, attributesToUpdate }));
    return JSON.parse(server.record(indexName, objectID) ?? 'null');
  };
  expect(await write(0, 'none')).toBeNull();
  expect(await write(2, 'two')).toEqual({ objectID, n: 'two', v: 2 });
  expect(await write(1, 'one')).toEqual({ objectID, n: 'two', v: 2 });
  expect(await write(2, 'again')).toEqual({ objectID, n: 'two', v: 2 });
  expect(await write(9, 'nine')).toEqual({ objectID, n: 'nine', v: 9 });
});

test('of two that come from the same version one wins', async () => {
  await using context = await served();
  const { client, server } = context;
  const update = (n: number, value: number) => ({
    action: 'partialUpdateObject' as const,
    body: { objectID, n, v: { _operation: 'IncrementFrom', value } },
  });
  const requests = [update(0, 1), update(1, 0), update(2, 0), update(3, 1), update(4, 1)];
  await settled(context, await client.batch({ indexName, batchWriteParams: { requests } }));
  expect(JSON.parse(server.record(indexName, objectID) ?? '')).toEqual({ objectID, n: 3, v: 2 });
});

test('numbers and lists are changed in the order of the batch; nothing is made where it must not be', async () => {
  await using context = await served();
  const { client, server } = context;
  await save(client, indexName, [{ objectID, n: 1, tags: ['red', 'blue', 'red'] }]);
  const change = (attribute: string, _operation: string, value: unknown) => ({
    action: 'partialUpdateObjectNoCreate' as const,
    body: { objectID, [attribute]: { _operation, value } },
  });
  const requests = [
    change('n', 'Increment', 10),
    change('n', 'Decrement', 3),
    change('tags', 'Remove', 'red'),
    change('tags', 'Add', 'blue'),
    change('tags', 'AddUnique', 'blue'),
    change('tags', 'AddUnique', 'green'),
    {
      action: 'partialUpdateObjectNoCreate' as const,
      body: { objectID: 'b', n: { _operation: 'Increment', value: 1 } },
    },
  ];
  await settled(context, await client.batch({ indexName, batchWriteParams: { requests } }));
  expect(server.record(indexName, objectID)).toBe('{"objectID":"a","n":8,"tags":["blue","blue","green"]}');
  expect(server.record(indexName, 'b')).toBeUndefined();
});

test('the helper for several objects creates them or does not', async () => {
  await using context = await served();
  const { client, server } = context;
  const objects = [{ objectID, n: { _operation: 'Increment', value: 2 } }];
  const options = { indexName, objects, waitForTasks: true };
  await client.partialUpdateObjects(options);
  expect(server.record(indexName, objectID)).toBeUndefined();
  await client.partialUpdateObjects({ ...options, createIfNotExists: true });
  await client.partialUpdateObjects(options);
  expect(server.record(indexName, objectID)).toBe('{"objectID":"a","n":4}');
});

test('an operation that is none refuses the whole batch', async () => {
  await using context = await served();
  const { client } = context;
  const objects = [{ objectID: 'ok' }, { objectID, n: { _operation: 'Multiply', value: 2 } }];
  const write = client.partialUpdateObjects({ indexName, objects, createIfNotExists: true });
  await expect(write).rejects.toMatchObject({ status: 400 });
  expect(await client.indexExists({ indexName })).toBe(false);
});

test('an update is done once, however often the server starts', async () => {
  await using directory = await scratchDirectory();
  const attributesToUpdate = {
    n: { _operation: 'Increment' as const, value: 1 },
    v: { _operation: 'IncrementFrom' as const, value: 0 },
  };
  {
    await using context = await served({ dataDir: directory.path, taskDelayMs: 600_000 });
    await context.client.partialUpdateObject({ indexName, objectID, attributesToUpdate });
    await context.client.partialUpdateObject({ indexName, objectID, attributesToUpdate });
    expect(context.server.record(indexName, objectID)).toBeUndefined();
  }
  for (let start = 0; start < 3; start += 1) {
    await using context = await served({ dataDir: directory.path });
    expect(context.server.record(indexName, objectID)).toBe('{"objectID":"a","n":1,"v":1}');
  }
});
