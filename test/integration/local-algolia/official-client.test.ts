import { expect, test } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { save, served } from './served.ts';

const indexName = 'audit_log';
const rows = Array.from({ length: 2_500 }, (_, id) => ({
  objectID: `row:${id}`,
  id,
  action: ['made', 'changed'][id % 2],
}));

test('a batch of all actions takes effect in order', async () => {
  await using context = await served();
  const { client } = context;
  const { taskID, objectIDs } = await client.batch({
    indexName,
    batchWriteParams: {
      requests: [
        { action: 'addObject', body: { objectID: 'gone', n: 1 } },
        { action: 'clear', body: {} },
        { action: 'addObject', body: { objectID: 'a', n: 1, keep: true } },
        { action: 'updateObject', body: { objectID: 'b', n: 1, keep: true } },
        { action: 'updateObject', body: { objectID: 'b', n: 2 } },
        { action: 'partialUpdateObject', body: { objectID: 'a', n: 2 } },
        { action: 'partialUpdateObject', body: { objectID: 'c', n: 3 } },
        { action: 'partialUpdateObjectNoCreate', body: { objectID: 'd', n: 4 } },
        { action: 'updateObject', body: { objectID: 'e' } },
        { action: 'deleteObject', body: { objectID: 'e' } },
      ],
    },
  });
  expect(objectIDs).toEqual(['gone', 'a', 'b', 'b', 'a', 'c', 'd', 'e', 'e']);
  expect(Number.isSafeInteger(taskID)).toBe(true);
  await client.waitForTask({ indexName, taskID });
  const { hits } = await client.searchSingleIndex({ indexName, searchParams: { attributesToHighlight: [] } });
  expect(hits).toEqual([
    { objectID: 'b', n: 2 },
    { objectID: 'a', n: 2, keep: true },
    { objectID: 'c', n: 3 },
  ]);
  const { taskID: dropped } = await client.batch({
    indexName,
    batchWriteParams: { requests: [{ action: 'delete', body: {} }] },
  });
  await client.waitForTask({ indexName, taskID: dropped });
  expect(await client.indexExists({ indexName })).toBe(false);
});

test('objects one by one', async () => {
  await using context = await served();
  const { client } = context;
  const made = await client.saveObject({ indexName, body: { n: 1 } });
  expect(made.objectID).toBeTruthy();
  await client.addOrUpdateObject({ indexName, objectID: 'a/b c', body: { n: 2 } });
  await client.partialUpdateObject({ indexName, objectID: 'a/b c', attributesToUpdate: { m: 3 } });
  await client.partialUpdateObject({
    indexName,
    objectID: 'no',
    attributesToUpdate: {},
    createIfNotExists: false,
  });
  const { taskID } = await client.deleteObject({ indexName, objectID: made.objectID ?? '' });
  await client.waitForTask({ indexName, taskID });
  expect(await client.getObject({ indexName, objectID: 'a/b c' })).toEqual({ objectID: 'a/b c', n: 2, m: 3 });
  expect(await client.getObject({ indexName, objectID: 'a/b c', attributesToRetrieve: ['n'] })).toEqual({
    objectID: 'a/b c',
    n: 2,
  });
  const missing = client.getObject({ indexName, objectID: made.objectID ?? '' });
  await expect(missing).rejects.toMatchObject({ status: 404, message: 'ObjectID does not exist' });
  const { results } = await client.getObjects({
    requests: [
      { indexName, objectID: 'a/b c' },
      { indexName, objectID: 'no' },
    ],
  });
  expect(results).toEqual([{ objectID: 'a/b c', n: 2, m: 3 }, null]);
});

test('the helpers: saving, finding, browsing, deleting by filter, replacing nothing', async () => {
  await using context = await served();
  const { client } = context;
  await client.setSettings({
    indexName,
    indexSettings: { attributesForFaceting: ['action'], ranking: ['desc(id)'] },
  });
  await save(client, indexName, rows);
  const found = await client.searchSingleIndex({
    indexName,
    searchParams: {
      query: 'chang',
      filters: 'action:changed AND id >= 100',
      numericFilters: ['id<200'],
      facets: ['action'],
      hitsPerPage: 3,
    },
  });
  expect(found).toMatchObject({
    nbHits: 50,
    nbPages: 17,
    facets: { action: { changed: 50 } },
    exhaustive: { nbHits: true },
  });
  expect(found.hits.map(({ objectID }) => objectID)).toEqual(['row:199', 'row:197', 'row:195']);
  const browsed: unknown[] = [];
  const pages: number[] = [];
  await client.browseObjects({
    indexName,
    aggregator: ({ hits }) => {
      pages.push(hits.length);
      browsed.push(...hits);
    },
  });
  expect(pages).toEqual([1000, 1000, 500]);
  expect(browsed).toEqual(rows);
  const { taskID } = await client.deleteBy({ indexName, deleteByParams: { filters: 'action:made' } });
  await client.waitForTask({ indexName, taskID });
  expect((await client.searchSingleIndex({ indexName })).nbHits).toBe(1_250);
  await expect(client.deleteBy({ indexName, deleteByParams: {} })).rejects.toMatchObject({ status: 400 });
  await expect(client.deleteBy({ indexName, deleteByParams: { filters: '' } })).rejects.toMatchObject({
    status: 400,
  });
  await client
    .clearObjects({ indexName })
    .then(({ taskID: cleared }) => client.waitForTask({ indexName, taskID: cleared }));
  expect((await client.searchSingleIndex({ indexName })).nbHits).toBe(0);
  expect(await client.getSettings({ indexName })).toMatchObject({
    attributesForFaceting: ['action'],
    hitsPerPage: 20,
  });
});

test('a multiple batch is one task per index; indices are listed with what they hold', async () => {
  await using context = await served({ taskDelayMs: 5 });
  const { client } = context;
  const { taskID } = await client.multipleBatch({
    requests: [
      { action: 'addObject', indexName: 'one', body: { objectID: 'a' } },
      { action: 'addObject', indexName: 'two', body: { objectID: 'b' } },
      { action: 'addObject', indexName: 'one', body: { objectID: 'c' } },
    ],
  });
  expect(Object.keys(taskID)).toEqual(['one', 'two']);
  for (const [name, id] of Object.entries(taskID)) await client.waitForTask({ indexName: name, taskID: id });
  const { items } = await client.listIndices();
  expect(items).toMatchObject([
    { name: 'one', entries: 2, numberOfPendingTasks: 0 },
    { name: 'two', entries: 1, pendingTask: false },
  ]);
});

test('accepted is not searchable until the task is published, and an unknown task is 404', async () => {
  await using context = await served({ taskDelayMs: 60_000 });
  const { client } = context;
  const { taskID } = await client.saveObject({ indexName, body: { objectID: 'a' } });
  expect(await client.getTask({ indexName, taskID })).toMatchObject({ status: 'notPublished' });
  const search = client.searchSingleIndex({ indexName });
  await expect(search).rejects.toMatchObject({ status: 404, message: `Index ${indexName} does not exist` });
  await expect(client.getTask({ indexName, taskID: taskID + 1 })).rejects.toMatchObject({ status: 404 });
  await expect(client.getTask({ indexName: 'other', taskID })).rejects.toMatchObject({ status: 404 });
});

test('tasks of an index are published in order, and ids ascend', async () => {
  await using context = await served({ taskDelayMs: 1, journal: true });
  const { client, server } = context;
  const accepted = await Promise.all(
    Array.from({ length: 50 }, (_, n) => client.saveObject({ indexName, body: { objectID: 'a', n } })),
  );
  await waitFor(() => server.journal().applied.length === 50, { description: 'all tasks to take effect' });
  const { arrived, applied } = server.journal();
  expect(applied).toEqual(arrived);
  expect(arrived.map(({ taskID }) => taskID)).toEqual(
    accepted.map(({ taskID }) => taskID).sort((a, b) => a - b),
  );
  const last = arrived.at(-1)?.operations[0];
  expect(last?.kind === 'set' && last.record.toString()).toBe(server.record(indexName, 'a'));
  expect(server.requests['POST /1/indexes/:index']).toBe(50);
});

test('settings that would be misread are refused, others are kept', async () => {
  await using context = await served();
  const { client } = context;
  const wrong = client.setSettings({ indexName, indexSettings: { hitsPerPage: -1 } });
  await expect(wrong).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('"hitsPerPage"'),
  });
  await expect(client.getSettings({ indexName })).rejects.toMatchObject({ status: 404 });
  const { taskID } = await client.setSettings({
    indexName,
    indexSettings: { typoTolerance: 'min', hitsPerPage: 5 },
  });
  await client.waitForTask({ indexName, taskID });
  expect(await client.getSettings({ indexName })).toMatchObject({
    typoTolerance: 'min',
    hitsPerPage: 5,
    maxValuesPerFacet: 100,
  });
});

test('a filter that Algolia would refuse is refused with the place', async () => {
  await using context = await served();
  const { client } = context;
  await save(client, indexName, [{ objectID: 'a' }]);
  const ask = (filters: string) => client.searchSingleIndex({ indexName, searchParams: { filters } });
  await expect(ask('a:x OR (b:y AND c:z)')).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('(X OR Y) AND Z'),
  });
  await expect(ask('a:x and b:y')).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('at col 4'),
  });
});
