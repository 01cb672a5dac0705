import { expect, test } from 'vitest';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { type Served, save, served } from './served.ts';

type Scope = ('settings' | 'synonyms' | 'rules')[];

async function operate(
  { client }: Served,
  operation: 'copy' | 'move',
  [from, to]: readonly [string, string],
  scope?: Scope,
): Promise<number> {
  const operationIndexParams = { operation, destination: to, ...(scope === undefined ? {} : { scope }) };
  return (await client.operationIndex({ indexName: from, operationIndexParams })).taskID;
}

async function content({ client }: Served, indexName: string): Promise<unknown> {
  if (!(await client.indexExists({ indexName }))) return undefined;
  const { hits } = await client.browse({ indexName });
  return {
    ids: hits.map(({ objectID }) => objectID),
    perPage: (await client.getSettings({ indexName })).hitsPerPage,
  };
}

async function prepared(options: Parameters<typeof served>[0] = {}): Promise<Served> {
  const context = await served(options);
  const { client } = context;
  for (const [indexName, hitsPerPage] of [
    ['a', 7],
    ['b', 8],
  ] as const) {
    await client.setSettings({ indexName, indexSettings: { hitsPerPage } });
    await save(client, indexName, [{ objectID: `${indexName}1` }, { objectID: `${indexName}2` }]);
  }
  return context;
}

test.each([
  ['copy', undefined, { ids: ['a1', 'a2'], perPage: 7 }, { ids: ['a1', 'a2'], perPage: 7 }],
  ['copy', ['settings', 'rules'], { ids: ['a1', 'a2'], perPage: 7 }, { ids: ['b1', 'b2'], perPage: 7 }],
  ['copy', ['synonyms'], { ids: ['a1', 'a2'], perPage: 7 }, { ids: ['b1', 'b2'], perPage: 8 }],
  ['move', undefined, undefined, { ids: ['a1', 'a2'], perPage: 7 }],
] as const)('%s with scope %j', async (operation, scope, source, target) => {
  await using context = await prepared();
  const taskID = await operate(context, operation, ['a', 'b'], scope === undefined ? undefined : [...scope]);
  for (const indexName of ['a', 'b']) await context.client.waitForTask({ indexName, taskID });
  expect([await content(context, 'a'), await content(context, 'b')]).toEqual([source, target]);
  await expect(context.client.getTask({ indexName: 'c', taskID })).rejects.toMatchObject({ status: 404 });
});

test('a source that does not exist is copied as an empty index and not moved', async () => {
  await using context = await prepared();
  const moved = await operate(context, 'move', ['none', 'b']);
  await context.client.waitForTask({ indexName: 'b', taskID: moved });
  expect(await content(context, 'b')).toEqual({ ids: ['b1', 'b2'], perPage: 8 });
  const copied = await operate(context, 'copy', ['none', 'b']);
  await context.client.waitForTask({ indexName: 'b', taskID: copied });
  expect(await content(context, 'b')).toEqual({ ids: [], perPage: 20 });
});

test('a copy holds what was accepted before it, and nothing that was accepted after', async () => {
  await using context = await served({ taskDelayMs: 30 });
  const { client } = context;
  const write = (indexName: string, objectID: string) => client.saveObject({ indexName, body: { objectID } });
  // One index is behind with many tasks when the other is free: the copy waits for both.
  for (let n = 0; n < 40; n += 1) await write('a', `a${n}`);
  await write('b', 'gone');
  await operate(context, 'copy', ['a', 'b']);
  const later = await write('a', 'later');
  await write('b', 'later too');
  const copy = await operate(context, 'copy', ['b', 'c']);
  const last = await write('b', 'last');
  for (const [indexName, taskID] of [
    ['a', later.taskID],
    ['b', last.taskID],
    ['c', copy],
  ] as const)
    await client.waitForTask({ indexName, taskID });
  const first = Array.from({ length: 40 }, (_, n) => `a${n}`);
  expect(await content(context, 'a')).toMatchObject({ ids: [...first, 'later'] });
  expect(await content(context, 'b')).toMatchObject({ ids: [...first, 'later too', 'last'] });
  expect(await content(context, 'c')).toMatchObject({ ids: [...first, 'later too'] });
});

test('copies and moves are there after a restart, and after being pending at one', async () => {
  await using directory = await scratchDirectory();
  {
    await using context = await prepared({ dataDir: directory.path });
    const taskID = await operate(context, 'copy', ['a', 'c']);
    await context.client.waitForTask({ indexName: 'c', taskID });
    await save(context.client, 'a', [{ objectID: 'a3' }]);
  }
  let pending = 0;
  {
    await using context = await served({ dataDir: directory.path, taskDelayMs: 600_000 });
    expect(await content(context, 'c')).toEqual({ ids: ['a1', 'a2'], perPage: 7 });
    await context.client.saveObject({ indexName: 'a', body: { objectID: 'a4' } });
    pending = await operate(context, 'move', ['a', 'b']);
    await context.client.saveObject({ indexName: 'a', body: { objectID: 'new' } });
    expect(await content(context, 'b')).toMatchObject({ ids: ['b1', 'b2'] });
    for (const indexName of ['a', 'b'])
      expect(await context.client.getTask({ indexName, taskID: pending })).toMatchObject({
        status: 'notPublished',
      });
  }
  await using context = await served({ dataDir: directory.path });
  expect(await content(context, 'a')).toEqual({ ids: ['new'], perPage: 20 });
  expect(await content(context, 'b')).toEqual({ ids: ['a1', 'a2', 'a3', 'a4'], perPage: 7 });
  for (const indexName of ['a', 'b'])
    expect(await context.client.getTask({ indexName, taskID: pending })).toMatchObject({
      status: 'published',
    });
});

test('the helper that replaces all objects works', async () => {
  await using context = await prepared();
  const objects = Array.from({ length: 5 }, (_, n) => ({ objectID: `new${n}` }));
  await context.client.replaceAllObjects({ indexName: 'a', objects, batchSize: 2 });
  expect(await content(context, 'a')).toEqual({ ids: objects.map(({ objectID }) => objectID), perPage: 7 });
  expect((await context.client.listIndices()).items.map(({ name }) => name).sort()).toEqual(['a', 'b']);
});

test('what cannot be copied is refused', async () => {
  await using context = await prepared();
  const { client, server } = context;
  const refused = { status: 400 };
  await expect(operate(context, 'copy', ['a', 'a'])).rejects.toMatchObject(refused);
  const path = '1/indexes/a/operation';
  await expect(client.customPost({ path, body: { operation: 'copy' } })).rejects.toMatchObject(refused);
  await expect(operate(context, 'swap' as 'copy', ['a', 'b'])).rejects.toMatchObject(refused);
  await expect(operate(context, 'copy', ['a', 'b'], ['records'] as unknown as Scope)).rejects.toMatchObject(
    refused,
  );
  server.faults.add({ kind: 'late', applyAfter: 'next' });
  await expect(operate(context, 'copy', ['a', 'b'])).rejects.toMatchObject(refused);
  server.faults.add({ kind: 'late', applyAfter: 600_000 });
  await client.saveObject({ indexName: 'b', body: { objectID: 'late' } });
  await expect(operate(context, 'copy', ['a', 'b'])).rejects.toMatchObject(refused);
  expect(await content(context, 'b')).toMatchObject({ ids: ['b1', 'b2'] });
});
