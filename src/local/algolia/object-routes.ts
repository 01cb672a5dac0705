import type { Api } from './api.ts';
import type { Application } from './application.ts';
import type { Call } from './call.ts';
import { checkRight } from './credentials.ts';
import { matchingSlots } from './matching.ts';
import { narrowedRecord } from './record-text.ts';
import { Refusal } from './refusal.ts';
import { requestsForAll, resultsText } from './request-list.ts';
import { selectionOf } from './search.ts';
import type { SearchIndex } from './search-index.ts';
import { filterParameters, type Parameters } from './search-parameters.ts';
import { isTextList } from './settings.ts';

/** Reading single records. https://www.algolia.com/doc/rest-api/search/get-object */
export function addObjectRoutes(api: Api, application: Application): void {
  api.add('GET', '/1/indexes/:index/:objectID', (call) => {
    const index = application.index(call.index('search'));
    const record = recordFor(call, index, call.path('objectID'), call.queryParameters());
    if (record === undefined) throw new Refusal(404, 'ObjectID does not exist');
    return { body: record };
  });
  api.add('POST', '/1/indexes/:index/objects', (call) => {
    const records = requestsForAll(call).map((request) => {
      checkRight(call.credentials, 'search', request.indexName);
      const index = application.index(request.indexName);
      return recordFor(call, index, String(request['objectID']), request) ?? Buffer.from('null');
    });
    return { body: resultsText(records) };
  });
}

function recordFor(call: Call, index: SearchIndex, objectID: string, asked: Parameters): Buffer | undefined {
  const record = index.record(objectID);
  const { attributesToRetrieve, ...prescribed } = call.restricted({
    attributesToRetrieve: asked['attributesToRetrieve'],
  });
  if (record === undefined || !isWithin(index, objectID, prescribed)) return undefined;
  return narrowedRecord(
    record,
    selectionOf(namesOf(attributesToRetrieve), index.settings, call.isPrivileged),
  );
}

/** Whether a key's filters let the record be seen. Algolia documents them for searches only; what it does here is not known. */
function isWithin(index: SearchIndex, objectID: string, prescribed: Parameters): boolean {
  const { query, clauses } = filterParameters(prescribed);
  if (query === '' && clauses.length === 0) return true;
  const itself = { kind: 'facet', attribute: 'objectID', value: objectID, negated: false } as const;
  let isFound = false;
  matchingSlots(index, { query, clauses: [...clauses, [itself]] }, () => {
    isFound = true;
  });
  return isFound;
}

function namesOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string' && value !== '') return value.split(',').map((name) => name.trim());
  return isTextList(value) ? value : undefined;
}
