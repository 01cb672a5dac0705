import { expect, test } from 'vitest';
import { save, served } from './served.ts';

/*
 * What a browser does for a page of another origin. https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS
 * The official client sends credentials in the query string and JSON as text, so that it needs to ask nothing beforehand.
 */

const origin = 'https://audit.example';

test.each([
  ['POST', '/1/indexes/*/queries', '{"requests":[{"indexName":"log","params":"query=one"}]}', 200],
  ['POST', '/1/indexes/log/query', '{"query":"one"}', 200],
  ['POST', '/1/indexes/log/facets/f/query', '{"facetQuery":"x"}', 200],
  ['GET', '/1/indexes/log?query=one', undefined, 200],
  ['GET', '/1/indexes/log/1', undefined, 200],
  ['POST', '/1/indexes/none/query', '{}', 404],
  ['POST', '/1/indexes/log/query', '{', 400],
  ['POST', '/1/indexes/log/batch', '{"requests":[]}', 403],
  ['POST', '/1/nothing', '{}', 404],
] as const)('%s %s is readable from any page', async (method, path, body, status) => {
  await using context = await served();
  const { server, client } = context;
  await client.setSettings({
    indexName: 'log',
    indexSettings: { attributesForFaceting: ['searchable(f)'] },
  });
  await save(client, 'log', [{ objectID: '1', f: 'one' }]);
  const credentials = {
    'x-algolia-agent': 'test',
    'x-algolia-application-id': server.appId,
    'x-algolia-api-key': server.searchKey,
  };
  const url = new URL(path, server.url);
  for (const [name, value] of Object.entries(credentials)) url.searchParams.set(name, value);
  const headers = { origin, 'content-type': 'text/plain' };
  const answer = await fetch(url, body === undefined ? { method, headers } : { method, headers, body });
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([status, '*']);
  expect(await answer.json()).toBeTypeOf('object');
});

test.each(['GET', 'POST', 'PUT', 'DELETE'])(
  '%s with headers of its own is let through beforehand',
  async (method) => {
    await using context = await served();
    const asked = 'content-type,x-algolia-api-key,x-algolia-application-id';
    const answer = await fetch(`${context.server.url}/1/indexes/log/settings`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': asked,
      },
    });
    expect(answer.status).toBe(204);
    const allowed = (name: string) => answer.headers.get(`access-control-allow-${name}`);
    expect(allowed('origin')).toBe('*');
    expect(allowed('headers')).toBe(asked);
    expect(allowed('methods')?.split(', ')).toContain(method);
  },
);

test('a fault that refuses is readable as well', async () => {
  await using context = await served();
  context.server.faults.add({ kind: 'refuse', status: 429, retryAfterSeconds: 1 });
  const answer = await fetch(`${context.server.url}/1/indexes`, { headers: { origin } });
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([429, '*']);
});
