import type { Api } from './api.ts';
import type { Application } from './application.ts';
import { browse, type Walker } from './browse.ts';
import type { Call } from './call.ts';
import { checkRight } from './credentials.ts';
import { searchFacetValues } from './facet-search.ts';
import { requestsForAll, resultsText } from './request-list.ts';
import { search } from './search.ts';
import { flattenedParameters, type Parameters } from './search-parameters.ts';

/** https://www.algolia.com/doc/rest-api/search/#tag/Search */
export function addSearchRoutes(api: Api, application: Application): void {
  const searchIn = (call: Call, name: string, parameters: Parameters) =>
    search(application.index(name), name, call.restricted(parameters), call.isPrivileged);
  const facetValuesIn = (call: Call, name: string, facet: string, parameters: Parameters) =>
    searchFacetValues(application.index(name), facet, call.restricted(parameters));

  api.add('POST', '/1/indexes/:index/query', (call) => ({
    body: searchIn(call, call.index('search'), call.parameters()),
  }));
  api.add('GET', '/1/indexes/:index', (call) => ({
    body: searchIn(call, call.index('search'), call.queryParameters()),
  }));
  api.add('POST', '/1/indexes/:index/queries', (call) => {
    const responses = requestsForAll(call).map(({ indexName, ...request }) => {
      const name = String(indexName);
      checkRight(call.credentials, 'search', name);
      if (request['type'] === 'facet')
        return Buffer.from(
          JSON.stringify(facetValuesIn(call, name, String(request['facet']), flattenedParameters(request))),
        );
      return searchIn(call, name, flattenedParameters(request));
    });
    return { body: resultsText(responses) };
  });
  api.add('POST', '/1/indexes/:index/facets/:facet/query', (call) => ({
    body: facetValuesIn(call, call.index('search'), call.path('facet'), call.parameters()),
  }));
  api.add('POST', '/1/indexes/:index/browse', (call) => {
    return { body: browse(application.index(call.index('browse')), call.parameters(), walkerOf(call)) };
  });
  api.add('GET', '/1/indexes/:index/browse', (call) => {
    return { body: browse(application.index(call.index('browse')), call.queryParameters(), walkerOf(call)) };
  });
}

function walkerOf(call: Call): Walker {
  return { isPrivileged: call.isPrivileged, restricted: (parameters) => call.restricted(parameters) };
}
