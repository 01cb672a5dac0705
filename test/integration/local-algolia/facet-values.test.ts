import { expect, test } from 'vitest';
import { type Served, save, served } from './served.ts';

const indexName = 'log';
const rows = [
  ...['Ada Lovelace', 'Ada Lovelace', 'Adam Smith', 'Édith Piaf'].map((actor) => ({ actor, action: 'made' })),
  ...['Adam Smith', 'Adam Smith', 'Grace Hopper'].map((actor) => ({ actor, action: 'changed' })),
].map((row, id) => ({ objectID: String(id), n: id, tags: ['even', 'odd'].slice(id % 2), ...row }));

async function indexed(): Promise<Served> {
  const context = await served();
  const attributesForFaceting = ['searchable(actor)', 'action', 'afterDistinct(searchable(tags))'];
  await context.client.setSettings({ indexName, indexSettings: { attributesForFaceting } });
  await save(context.client, indexName, rows);
  return context;
}

type Asked = Record<string, unknown>;
const ask = async ({ client }: Served, asked: Asked, facetName = 'actor') =>
  (await client.searchForFacetValues({ indexName, facetName, searchForFacetValuesRequest: asked })).facetHits;

test('values are found by the beginnings of their words, most frequent first', async () => {
  await using context = await indexed();
  expect(await ask(context, { facetQuery: 'ada' })).toEqual([
    { value: 'Adam Smith', highlighted: '<em>Ada</em>m Smith', count: 3 },
    { value: 'Ada Lovelace', highlighted: '<em>Ada</em> Lovelace', count: 2 },
  ]);
  expect(await ask(context, { facetQuery: 'ada lo' })).toEqual([
    { value: 'Ada Lovelace', highlighted: '<em>Ada</em> <em>Lo</em>velace', count: 2 },
  ]);
  expect(await ask(context, { facetQuery: 'edi' })).toEqual([
    { value: 'Édith Piaf', highlighted: '<em>Édi</em>th Piaf', count: 1 },
  ]);
  expect(await ask(context, { facetQuery: 'ada ada' })).toMatchObject([{ value: 'Ada Lovelace' }]);
  expect(await ask(context, { facetQuery: 'lace' })).toEqual([]);
  expect(await ask(context, { facetQuery: 'od' }, 'tags')).toMatchObject([{ value: 'odd', count: 7 }]);
});

test('other parameters narrow the records that are counted', async () => {
  await using context = await indexed();
  const values = async (asked: Asked) =>
    (await ask(context, asked)).map(({ value, count }) => [value, count]);
  expect(await values({ facetQuery: 'a', params: 'filters=action%3Achanged' })).toEqual([['Adam Smith', 2]]);
  const params = `facetFilters=${encodeURIComponent('["action:made"]')}&query=ada%20love`;
  expect(await values({ params })).toEqual([['Ada Lovelace', 2]]);
  expect(await values({ maxFacetHits: 2 })).toEqual([
    ['Adam Smith', 3],
    ['Ada Lovelace', 2],
  ]);
  expect(await values({ params: 'sortFacetValuesBy=alpha', maxFacetHits: 1 })).toEqual([['Ada Lovelace', 2]]);
  const tags = new URLSearchParams({ highlightPreTag: '[', highlightPostTag: ']' }).toString();
  expect(await ask(context, { facetQuery: 'grace', params: tags })).toMatchObject([
    { highlighted: '[Grace] Hopper' },
  ]);
});

test('ten values are given unless asked otherwise, and never more than a hundred', async () => {
  await using context = await indexed();
  await save(
    context.client,
    indexName,
    Array.from({ length: 120 }, (_, id) => ({ objectID: `m${id}`, actor: `many ${id}` })),
  );
  expect(await ask(context, { facetQuery: 'many' })).toHaveLength(10);
  expect(await ask(context, { facetQuery: 'many', maxFacetHits: 500 })).toHaveLength(100);
});

test.each(['action', 'n', 'nothing'])('%s is not searchable', async (facetName) => {
  await using context = await indexed();
  await expect(ask(context, {}, facetName)).rejects.toMatchObject({
    status: 400,
    message: `Cannot search in \`${facetName}\` attribute, you need to add \`searchable(${facetName})\` to attributesForFaceting.`,
  });
});
