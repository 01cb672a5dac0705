import type { Connections } from './connections.ts';
import { RefusedError, TransientError } from './failures.ts';
import { jsonElements, jsonMembers } from './json-members.ts';

/** https://www.algolia.com/doc/api-reference/search-api-parameters/ */
export type SearchParameters = {
  readonly filters?: string;
  readonly facetFilters?: (readonly string[])[];
  readonly hitsPerPage: number;
  readonly attributesToRetrieve?: string[];
};

export type SearchAnswer = {
  readonly hits: readonly string[];
  readonly nbHits: number;
  /** Whether `nbHits` is the true number. */
  readonly isExact: boolean;
};

/** Nothing but the filters decides what is found; nothing is counted as a person's search. */
const PLAIN = {
  query: '',
  attributesToHighlight: [],
  attributesToSnippet: [],
  distinct: false,
  enableRules: false,
  enablePersonalization: false,
  enableReRanking: false,
  analytics: false,
  clickAnalytics: false,
};

/** Of a browse. */
type RecordPage = { readonly hits: readonly string[]; readonly cursor: string | undefined };

export interface RecordSearch {
  /** The first records that a search finds, as texts of JSON; undefined when there is no such index. */
  search(index: string, parameters: SearchParameters): Promise<SearchAnswer | undefined>;
  /** One page of records as texts of JSON, in no order; `cursor` is undefined behind the last one. */
  browseRecords(index: string, from: SearchParameters | string): Promise<RecordPage>;
  /** Records by their objectIDs, of which there may be 1,000, as texts of JSON and in this order; undefined for those that are not there. */
  getRecords(index: string, objectIDs: readonly string[]): Promise<readonly (string | undefined)[]>;
}

export function recordSearch(connections: Connections): RecordSearch {
  return {
    async search(indexName, parameters) {
      const doing = `searching index ${indexName}`;
      const searchParams = searchRequest(parameters);
      try {
        const text = await connections.call('read', doing, ({ client, bodies }) =>
          bodies.hear((headers) => client.searchSingleIndex({ indexName, searchParams }, { headers })),
        );
        return searchAnswer(text, doing);
      } catch (error) {
        if (error instanceof RefusedError && error.status === 404) return undefined;
        throw error;
      }
    },
    async browseRecords(indexName, from) {
      const doing = `browsing index ${indexName}`;
      const browseParams = typeof from === 'string' ? { cursor: from } : searchRequest(from);
      const text = await connections.call('read', doing, ({ client, bodies }) =>
        bodies.hear((headers) => client.browse({ indexName, browseParams }, { headers })),
      );
      return pageOfRecords(text, doing);
    },
    async getRecords(indexName, objectIDs) {
      const doing = `reading records of index ${indexName}`;
      const requests = objectIDs.map((objectID) => ({ indexName, objectID, attributesToRetrieve: ['*'] }));
      try {
        const text = await connections.call('read', doing, ({ client, bodies }) =>
          bodies.hear((headers) => client.getObjects({ requests }, { headers })),
        );
        const results = jsonElements(answerMembers(text, doing).get('results') ?? '[]');
        return results.map((record) => (record === 'null' ? undefined : record));
      } catch (error) {
        // An index that nobody has written to is empty.
        if (error instanceof RefusedError && error.status === 404) return objectIDs.map(() => undefined);
        throw error;
      }
    },
  };
}

/** As the client takes it. */
function searchRequest({ facetFilters, ...parameters }: SearchParameters) {
  const given = facetFilters === undefined ? {} : { facetFilters: facetFilters.map((any) => [...any]) };
  return { ...PLAIN, ...parameters, ...given };
}

function searchAnswer(text: string, doing: string): SearchAnswer {
  const members = answerMembers(text, doing);
  const exhaustive = members.get('exhaustive');
  return {
    hits: jsonElements(members.get('hits') ?? '[]'),
    nbHits: Number(members.get('nbHits') ?? Number.NaN),
    isExact:
      exhaustive === undefined
        ? members.get('exhaustiveNbHits') !== 'false'
        : jsonMembers(exhaustive).get('nbHits') !== 'false',
  };
}

function pageOfRecords(text: string, doing: string): RecordPage {
  const members = answerMembers(text, doing);
  const cursor = members.get('cursor');
  return {
    hits: jsonElements(members.get('hits') ?? '[]'),
    cursor: cursor === undefined ? undefined : String(JSON.parse(cursor)),
  };
}

function answerMembers(text: string, doing: string): ReadonlyMap<string, string> {
  try {
    return jsonMembers(text);
  } catch {
    const cause = new Error('an answer that is no JSON');
    throw new TransientError(`${doing}: the answer is not Algolia's`, {
      cause,
      status: undefined,
      outcomeUnknown: false,
    });
  }
}
