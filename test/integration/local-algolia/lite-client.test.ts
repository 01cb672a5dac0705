import { expect, test } from 'vitest';
import { liteClientOf, save, served } from './served.ts';

test('the lite client asks several questions at once, with the search key', async () => {
  await using context = await served();
  const { server, client } = context;
  const indexSettings = { attributesForFaceting: ['action', 'actor'], customRanking: ['desc(at)'] };
  await client.setSettings({ indexName: 'log', indexSettings });
  await save(
    client,
    'log',
    Array.from({ length: 30 }, (_, at) => ({
      objectID: String(at),
      at,
      action: at % 2 ? 'made' : 'changed',
      actor: `u${at % 3}`,
    })),
  );
  const lite = liteClientOf(server, server.searchKey);
  const dashboard = {
    query: '',
    facets: ['action', 'actor'],
    facetFilters: [['action:made'], ['actor:u1', 'actor:u2']],
    numericFilters: ['at>=3', 'at<=20'],
    hitsPerPage: 2,
  };
  const counts = { query: 'u0', facets: 'actor', hitsPerPage: 0, analytics: false, highlightPreTag: '__ais' };
  const { results } = await lite.search([
    { indexName: 'log', params: dashboard },
    // Pages send what the types do not know, such as one facet as bare text.
    { indexName: 'log', params: counts as object },
  ]);
  expect(results).toMatchObject([
    {
      nbHits: 6,
      hits: [{ objectID: '19' }, { objectID: '17' }],
      facets: { action: { made: 6 }, actor: { u1: 3, u2: 3 } },
    },
    { nbHits: 10, hits: [], facets: { actor: { u0: 10 } } },
  ]);
  const params = 'filters=at%20%3C%202&facets=%5B%22action%22%5D&page=0';
  const encoded = await lite.search({ requests: [{ indexName: 'log', params }] });
  expect(encoded.results).toMatchObject([{ nbHits: 2, facets: { action: { made: 1, changed: 1 } } }]);
});
