import type { Api } from './api.ts';
import { checkRight } from './api-keys.ts';
import type { Application } from './application.ts';
import { browse } from './browse.ts';
import type { Call } from './call.ts';
import { narrowedRecord } from './record-text.ts';
import { Refusal } from './refusal.ts';
import { search, selectionOf } from './search.ts';
import { flattenedParameters, type Parameters } from './search-parameters.ts';
import { isTextList } from './settings.ts';

/** https://www.algolia.com/doc/rest-api/search/#tag/Search */
export function addSearchRoutes(api: Api, application: Application): void {
  const searchIn = (call: Call, name: string, parameters: Parameters) =>
    search(application.index(name), name, parameters, call.isAdmin);

  api.add('POST', '/1/indexes/:index/query', (call) => ({
    body: searchIn(call, call.index('search'), call.parameters()),
  }));
  api.add('GET', '/1/indexes/:index', (call) => ({
    body: searchIn(call, call.index('search'), call.queryParameters()),
  }));
  api.add('POST', '/1/indexes/:index/queries', (call) => {
    onlyForAll(call);
    const responses = requestsOf(call).map(({ indexName, ...request }) => {
      const name = String(indexName);
      checkRight(call.key, 'search', name);
      if (request['type'] === 'facet')
        throw new Refusal(400, 'Searching facet values is not supported by this server');
      return searchIn(call, name, flattenedParameters(request));
    });
    return { body: joined('results', responses) };
  });
  api.add('POST', '/1/indexes/:index/browse', (call) => {
    return { body: browse(application.index(call.index('browse')), call.parameters(), call.isAdmin) };
  });
  api.add('GET', '/1/indexes/:index/browse', (call) => {
    return { body: browse(application.index(call.index('browse')), call.queryParameters(), call.isAdmin) };
  });
  api.add('GET', '/1/indexes/:index/:objectID', (call) => {
    const index = application.index(call.index('search'));
    const asked = flattenedParameters({
      params: new URLSearchParams(stringsOf(call.queryParameters())).toString(),
    });
    const record = index.record(call.path('objectID'));
    if (record === undefined) throw new Refusal(404, 'ObjectID does not exist');
    return {
      body: narrowedRecord(
        record,
        selectionOf(namesOf(asked['attributesToRetrieve']), index.settings, call.isAdmin),
      ),
    };
  });
  api.add('POST', '/1/indexes/:index/objects', (call) => {
    onlyForAll(call);
    return {
      body: joined(
        'results',
        requestsOf(call).map((request) => objectOf(call, application, request)),
      ),
    };
  });
}

function objectOf(call: Call, application: Application, request: Parameters): Buffer {
  const name = String(request['indexName']);
  checkRight(call.key, 'search', name);
  const index = application.index(name);
  const record = index.record(String(request['objectID']));
  if (record === undefined) return Buffer.from('null');
  return narrowedRecord(
    record,
    selectionOf(namesOf(request['attributesToRetrieve']), index.settings, call.isAdmin),
  );
}

function requestsOf(call: Call): Record<string, unknown>[] {
  const { requests } = call.json();
  const isList =
    Array.isArray(requests) && requests.every((request) => typeof request === 'object' && request !== null);
  if (!isList) throw new Refusal(400, 'Missing or invalid "requests" attribute');
  for (const request of requests) {
    if (typeof request.indexName !== 'string') throw new Refusal(400, 'Missing "indexName" attribute');
  }
  return requests;
}

function joined(name: string, values: readonly Buffer[]): Buffer {
  const list = values.flatMap((value, place) => (place === 0 ? [value] : [COMMA, value]));
  return Buffer.concat([Buffer.from(`{"${name}":[`), ...list, Buffer.from(']}')]);
}

const COMMA = Buffer.from(',');

function namesOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string' && value !== '') return value.split(',').map((name) => name.trim());
  return isTextList(value) ? value : undefined;
}

function stringsOf(parameters: Parameters): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)]));
}

/** Some routes exist for `*` alone, which is no index. */
function onlyForAll(call: Call): void {
  if (call.path('index') !== '*') throw new Refusal(404, 'Path not found');
}
