import { expect, test } from 'vitest';
import { RIGHTS, type Right } from '../../../src/local/algolia/api-key.ts';
import { clientOf, type Served, save, served } from './served.ts';

type Client = Served['client'];
type Action = 'addObject' | 'updateObject' | 'partialUpdateObject' | 'partialUpdateObjectNoCreate';
type AnyAction = Action | 'deleteObject' | 'delete' | 'clear';

const indexName = 'log';
const objectID = 'a';
const requests = [{ indexName, objectID }];
const filters = 'n = 7';
const batch = (action: AnyAction) => (client: Client) =>
  client.batch({ indexName, batchWriteParams: { requests: [{ action, body: { objectID } }] } });
const multiple = (action: AnyAction) => (client: Client) =>
  client.multipleBatch({ requests: [{ action, indexName, body: { objectID } }] });

/** Method by method what the reference of the API asks for; of batches, what the method of the action's name does. */
const NEEDED: readonly [string, Right, (client: Client, taskID: number) => Promise<unknown>][] = [
  ['search', 'search', (client) => client.searchSingleIndex({ indexName })],
  ['several searches', 'search', (client) => client.search({ requests: [{ indexName }] })],
  ['search for facets', 'search', (client) => client.searchForFacetValues({ indexName, facetName: 'f' })],
  ['getObject', 'search', (client) => client.getObject({ indexName, objectID })],
  ['getObjects', 'search', (client) => client.getObjects({ requests })],
  ['browse', 'browse', (client) => client.browse({ indexName })],
  ['saveObject', 'addObject', (client) => client.saveObject({ indexName, body: { objectID } })],
  ['addOrUpdateObject', 'addObject', (client) => client.addOrUpdateObject({ indexName, objectID, body: {} })],
  [
    'partialUpdateObject',
    'addObject',
    (client) => client.partialUpdateObject({ indexName, objectID, attributesToUpdate: {} }),
  ],
  ['getTask', 'addObject', (client, taskID) => client.getTask({ indexName, taskID })],
  [
    'copy',
    'addObject',
    (client) =>
      client.operationIndex({ indexName, operationIndexParams: { operation: 'copy', destination: 'copy' } }),
  ],
  [
    'an empty batch',
    'addObject',
    (client) => client.batch({ indexName, batchWriteParams: { requests: [] } }),
  ],
  ['batch: addObject', 'addObject', batch('addObject')],
  ['batch: updateObject', 'addObject', batch('updateObject')],
  ['batch: partialUpdateObject', 'addObject', batch('partialUpdateObject')],
  ['batch: partialUpdateObjectNoCreate', 'addObject', batch('partialUpdateObjectNoCreate')],
  ['batch: deleteObject', 'deleteObject', batch('deleteObject')],
  ['batch: clear', 'deleteIndex', batch('clear')],
  ['batch: delete', 'deleteIndex', batch('delete')],
  ['multiple batch: addObject', 'addObject', multiple('addObject')],
  ['multiple batch: deleteObject', 'deleteObject', multiple('deleteObject')],
  ['multiple batch: clear', 'deleteIndex', multiple('clear')],
  ['deleteObject', 'deleteObject', (client) => client.deleteObject({ indexName, objectID })],
  ['deleteBy', 'deleteIndex', (client) => client.deleteBy({ indexName, deleteByParams: { filters } })],
  ['clearObjects', 'deleteIndex', (client) => client.clearObjects({ indexName })],
  ['deleteIndex', 'deleteIndex', (client) => client.deleteIndex({ indexName })],
  ['getSettings', 'settings', (client) => client.getSettings({ indexName })],
  ['setSettings', 'editSettings', (client) => client.setSettings({ indexName, indexSettings: {} })],
  ['listIndices', 'listIndexes', (client) => client.listIndices()],
];

async function start() {
  const keys = RIGHTS.flatMap((right) => [
    { value: `only-${right}`, acl: [right] },
    { value: `but-${right}`, acl: RIGHTS.filter((other) => other !== right) },
    { value: `elsewhere-${right}`, acl: [right], indexes: ['else'] },
  ]);
  const context = await served({ keys });
  const { client, server } = context;
  const indexSettings = { attributesForFaceting: ['searchable(f)'] };
  await client.setSettings({ indexName, indexSettings });
  await save(client, indexName, [{ objectID }]);
  const { taskID } = await client.saveObject({ indexName, body: { objectID } });
  return { context, taskID, as: (key: string) => clientOf(server.port, server.appId, key) };
}

test.each(NEEDED)('%s needs %s and no more', async (_, right, method) => {
  const { context, taskID, as } = await start();
  await using _context = context;
  const lacking = { status: 403, message: 'Method not allowed with this API key' };
  const elsewhere = { status: 403, message: 'Index not allowed with this API key' };
  await expect(method(as(`but-${right}`), taskID)).rejects.toMatchObject(lacking);
  if (right === 'listIndexes') {
    expect(await method(as('elsewhere-listIndexes'), taskID)).toMatchObject({ items: [] });
  } else await expect(method(as(`elsewhere-${right}`), taskID)).rejects.toMatchObject(elsewhere);
  await expect(method(as(`only-${right}`), taskID)).resolves.toBeDefined();
});

test.each([
  ['listApiKeys', (client: Client) => client.listApiKeys()],
  ['addApiKey', (client: Client) => client.addApiKey({ acl: ['search'] })],
  ['updateApiKey', (client: Client) => client.updateApiKey({ key: 'all', apiKey: { acl: ['search'] } })],
  ['deleteApiKey', (client: Client) => client.deleteApiKey({ key: 'all' })],
])('%s needs the admin key', async (_, method) => {
  await using context = await served({ keys: [{ value: 'all', acl: RIGHTS }] });
  const { port, appId } = context.server;
  await expect(method(clientOf(port, appId, 'all'))).rejects.toMatchObject({
    status: 403,
    message: 'Method not allowed with this API key',
  });
});

test('a copy needs its right on both indices, and a batch those of all its actions', async () => {
  const keys = [{ value: 'one', acl: ['addObject'] as const, indexes: ['log'] }];
  await using context = await served({ keys });
  const client = clientOf(context.server.port, context.server.appId, 'one');
  const copy = { operation: 'copy' as const, destination: 'other' };
  await expect(client.operationIndex({ indexName, operationIndexParams: copy })).rejects.toMatchObject({
    status: 403,
  });
  const mixed = (['updateObject', 'deleteObject'] as const).map((action) => ({ action, body: { objectID } }));
  await expect(client.batch({ indexName, batchWriteParams: { requests: mixed } })).rejects.toMatchObject({
    status: 403,
  });
  const two = ['log', 'other'].map((name) => ({
    action: 'addObject' as const,
    indexName: name,
    body: { objectID },
  }));
  await expect(client.multipleBatch({ requests: two })).rejects.toMatchObject({ status: 403 });
  expect(context.server.record('log', objectID)).toBeUndefined();
});
