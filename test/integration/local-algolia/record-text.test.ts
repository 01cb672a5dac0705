import { expect, test } from 'vitest';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { served } from './served.ts';

/** What a parser would change: numbers beyond 2^53, exponents, trailing zeros, escapes, blanks, order, repeated keys. */
const RECORD =
  '{"objectID":"r", "big":123456789012345678901234567890,"exact":1.10, "tiny":1E-400,"z":{"9007199254740993":[ -0, 1.0e2 ]},"a":"\\u00fc\\/ü\\ud83d\\ude00","a2":" ","dup":1,"dup":2}';

test('a record comes back byte for byte: from getObject, a search, getObjects, a browse, and after a restart', async () => {
  await using directory = await scratchDirectory();
  const options = { dataDir: directory.path };
  const expected = { record: RECORD, bodies: [RECORD, `{"results":[${RECORD}]}`, RECORD, RECORD] };
  {
    await using context = await served(options);
    const { server } = context;
    const headers = { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.adminKey };
    const body = `{"requests":[{"action":"updateObject","body":${RECORD}}]}`;
    await fetch(`${server.url}/1/indexes/i/batch`, { method: 'POST', headers, body });
    await waitFor(() => server.record('i', 'r'), { description: 'the record' });
    expect(await shown(server.url, headers)).toEqual(expected.bodies);
    expect(server.record('i', 'r')).toBe(expected.record);
  }
  await using again = await served(options);
  const { server } = again;
  expect(server.record('i', 'r')).toBe(expected.record);
  const headers = { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.adminKey };
  expect(await shown(server.url, headers)).toEqual(expected.bodies);
});

async function shown(url: string, headers: Record<string, string>): Promise<string[]> {
  const text = async (path: string, body?: string) =>
    await (
      await fetch(`${url}${path}`, { headers, ...(body === undefined ? {} : { method: 'POST', body }) })
    ).text();
  const firstHit = (answer: string) => answer.slice('{"hits":['.length, answer.indexOf('],"'));
  return [
    await text('/1/indexes/i/r'),
    await text('/1/indexes/*/objects', '{"requests":[{"indexName":"i","objectID":"r"}]}'),
    firstHit(
      await text('/1/indexes/i/query', '{"responseFields":["hits","nbHits"],"attributesToHighlight":[]}'),
    ),
    firstHit(await text('/1/indexes/i/browse', '{}')),
  ];
}
