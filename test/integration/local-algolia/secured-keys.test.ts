import { expect, test } from 'vitest';
import { clientOf, liteClientOf, type Served, save, served } from './served.ts';

const rows = [
  { objectID: '1', actor: 'u1', action: 'made', note: 'first', wage: 1 },
  { objectID: '2', actor: 'u1', action: 'changed', note: 'second', wage: 2 },
  { objectID: '3', actor: 'u2', action: 'made', note: 'third', wage: 3 },
];
const parent = { value: 'auditor', acl: ['search', 'browse'] as const };

async function audited(): Promise<Served> {
  const context = await served({ keys: [parent] });
  for (const indexName of ['audit_a', 'audit_b']) {
    await context.client.setSettings({
      indexName,
      indexSettings: { attributesForFaceting: ['searchable(actor)', 'action'] },
    });
    await save(context.client, indexName, rows);
  }
  return context;
}

type Restrictions = Parameters<Served['client']['generateSecuredApiKey']>[0]['restrictions'];

function secured({ client, server }: Served, restrictions: Restrictions, from = 'auditor') {
  const key = client.generateSecuredApiKey({ parentApiKey: from, restrictions });
  return { key, client: clientOf(server.port, server.appId, key) };
}

const ids = (hits: readonly { objectID: string }[]) => hits.map(({ objectID }) => objectID);

test('its filters hold in every search, whatever is asked', async () => {
  await using context = await audited();
  const { key, client } = secured(context, { filters: 'actor:u1', restrictIndices: ['audit_a'] });
  const indexName = 'audit_a';
  expect(ids((await client.searchSingleIndex({ indexName })).hits)).toEqual(['1', '2']);
  const ask = async (filters: string) =>
    ids((await client.searchSingleIndex({ indexName, searchParams: { filters } })).hits);
  expect(await ask('action:made')).toEqual(['1']);
  expect(await ask('actor:u2')).toEqual([]);
  expect(await ask('actor:u1 OR actor:u2')).toEqual(['1', '2']);
  await expect(ask('actor:u2) OR (actor:u1')).rejects.toMatchObject({ status: 400 });
  const lite = liteClientOf(context.server, key);
  const { results } = await lite.search([
    { indexName, params: { facets: ['actor'], facetFilters: ['action:made'] } },
    { indexName, type: 'facet', facet: 'actor', facetQuery: 'u' },
  ]);
  expect(results).toMatchObject([
    { nbHits: 1, facets: { actor: { u1: 1 } } },
    { facetHits: [{ value: 'u1', count: 2 }] },
  ]);
  expect(await client.searchForFacetValues({ indexName, facetName: 'actor' })).toMatchObject({
    facetHits: [{ value: 'u1', count: 2 }],
  });
});

test('its filters hold for browsing, with the cursor of another key too, and for single records', async () => {
  await using context = await audited();
  const { client } = secured(context, { filters: 'actor:u1' });
  const indexName = 'audit_a';
  expect(ids((await client.browse({ indexName })).hits)).toEqual(['1', '2']);
  const { cursor } = await context.client.browse({ indexName, browseParams: { hitsPerPage: 1 } });
  expect(cursor).toBeTruthy();
  const continued = await client.browse({ indexName, browseParams: { cursor } });
  expect(ids(continued.hits)).toEqual(['2']);
  expect(await client.getObject({ indexName, objectID: '1' })).toEqual(rows[0]);
  await expect(client.getObject({ indexName, objectID: '3' })).rejects.toMatchObject({ status: 404 });
  const requests = rows.map(({ objectID }) => ({ indexName, objectID }));
  expect((await client.getObjects({ requests })).results).toEqual([rows[0], rows[1], null]);
});

test('it reaches the indices that it names, and does what its parent may', async () => {
  await using context = await audited();
  const { client } = secured(context, { restrictIndices: ['audit_a', 'else'] });
  const elsewhere = { status: 403, message: 'Index not allowed with this API key' };
  expect((await client.searchSingleIndex({ indexName: 'audit_a' })).nbHits).toBe(3);
  await expect(client.searchSingleIndex({ indexName: 'audit_b' })).rejects.toMatchObject(elsewhere);
  await expect(
    client.search({ requests: [{ indexName: 'audit_a' }, { indexName: 'audit_b' }] }),
  ).rejects.toMatchObject(elsewhere);
  await expect(client.browse({ indexName: 'audit_b' })).rejects.toMatchObject(elsewhere);
  await expect(client.saveObject({ indexName: 'audit_a', body: { objectID: '4' } })).rejects.toMatchObject({
    status: 403,
    message: 'Method not allowed with this API key',
  });
  await expect(client.getApiKey({ key: 'auditor' })).rejects.toMatchObject({ status: 403 });
});

test('what it prescribes for the answer cannot be asked away', async () => {
  await using context = await audited();
  const { client } = secured(context, {
    userToken: 'someone',
    searchParams: { attributesToRetrieve: ['actor'], attributesToHighlight: ['actor'], hitsPerPage: 1 },
  });
  const asked = {
    attributesToRetrieve: ['*'],
    attributesToHighlight: ['*'],
    hitsPerPage: 9,
    userToken: 'other',
  };
  const { hits, params } = await client.searchSingleIndex({ indexName: 'audit_a', searchParams: asked });
  expect(hits).toEqual([
    {
      objectID: '1',
      actor: 'u1',
      _highlightResult: { actor: { value: 'u1', matchLevel: 'none', matchedWords: [] } },
    },
  ]);
  expect(new URLSearchParams(params).get('userToken')).toBe('someone');
  const narrow = { objectID: '1', actor: 'u1' };
  expect(
    await client.getObject({ indexName: 'audit_a', objectID: '1', attributesToRetrieve: ['wage'] }),
  ).toEqual(narrow);
  expect((await client.browse({ indexName: 'audit_a' })).hits).toEqual([narrow]);
});

test('it is over with validUntil, and when its parent is deleted', async () => {
  await using context = await audited();
  const seconds = Math.floor(Date.now() / 1000);
  const old = secured(context, { validUntil: seconds - 1 });
  await expect(old.client.searchSingleIndex({ indexName: 'audit_a' })).rejects.toMatchObject({
    status: 400,
    message: 'validUntil parameter expired (less than current date)',
  });
  const { key } = await context.client.addApiKey({ acl: ['search'] });
  const child = secured(context, { validUntil: seconds + 3600, filters: 'actor:u2' }, key);
  expect((await child.client.searchSingleIndex({ indexName: 'audit_a' })).nbHits).toBe(1);
  await context.client.deleteApiKey({ key });
  await expect(child.client.searchSingleIndex({ indexName: 'audit_a' })).rejects.toMatchObject({
    status: 403,
  });
});

test('none comes from the admin key or from another secured one', async () => {
  await using context = await audited();
  const { key } = secured(context, { filters: 'actor:u1' });
  for (const from of [context.server.adminKey, key]) {
    const { client } = secured(context, { filters: 'actor:u1' }, from);
    await expect(client.searchSingleIndex({ indexName: 'audit_a' })).rejects.toMatchObject({
      status: 403,
      message: 'Invalid Application-ID or API key',
    });
  }
});
