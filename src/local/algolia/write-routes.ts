import type { Api } from './api.ts';
import type { Write } from './application.ts';
import {
  ACTION_RIGHTS,
  type Action,
  type BatchEntry,
  type RecordLimits,
  readBatch,
  readObject,
} from './batch-request.ts';
import type { Call } from './call.ts';
import { checkRight } from './credentials.ts';
import { Refusal } from './refusal.ts';
import { filterParameters } from './search-parameters.ts';
import type { WriteOperation } from './write-operation.ts';

const FILTERS = ['filters', 'facetFilters', 'numericFilters', 'tagFilters'];

/** https://www.algolia.com/doc/rest-api/search/#tag/Records */
export function addWriteRoutes(api: Api, limits: RecordLimits): void {
  api.add('POST', '/1/indexes/:index/batch', (call) => {
    const entries = readBatch(call.body, limits);
    return { body: call.path('index') === '*' ? multipleBatch(call, entries) : batch(call, entries) };
  });
  api.add('POST', '/1/indexes/:index', (call) => {
    const { objectID, taskID } = writeObject(call, 'addObject', undefined, limits);
    return { status: 201, body: { createdAt: now(), taskID, objectID } };
  });
  api.add('PUT', '/1/indexes/:index/:objectID', (call) => {
    const { objectID, taskID } = writeObject(call, 'updateObject', call.path('objectID'), limits);
    return { body: { updatedAt: now(), taskID, objectID } };
  });
  api.add('POST', '/1/indexes/:index/:objectID/partial', (call) => {
    const action =
      call.query('createIfNotExists') === 'false' ? 'partialUpdateObjectNoCreate' : 'partialUpdateObject';
    const { objectID, taskID } = writeObject(call, action, call.path('objectID'), limits);
    return { body: { updatedAt: now(), taskID, objectID } };
  });
  api.add('DELETE', '/1/indexes/:index/:objectID', (call) => {
    const taskID = write(call, call.index('deleteObject'), {
      kind: 'delete',
      objectID: call.path('objectID'),
    });
    return { body: { deletedAt: now(), taskID } };
  });
  api.add('POST', '/1/indexes/:index/deleteByQuery', (call) => {
    const index = call.index('deleteIndex');
    const parameters = call.parameters();
    checkDeleteBy(parameters);
    return {
      body: {
        updatedAt: now(),
        deletedAt: now(),
        taskID: write(call, index, { kind: 'deleteBy', parameters }),
      },
    };
  });
  api.add('POST', '/1/indexes/:index/clear', (call) => {
    return { body: { updatedAt: now(), taskID: write(call, call.index('deleteIndex'), { kind: 'clear' }) } };
  });
  api.add('DELETE', '/1/indexes/:index', (call) => {
    return { body: { deletedAt: now(), taskID: write(call, call.index('deleteIndex'), { kind: 'drop' }) } };
  });
}

/** Queues one operation and returns its task's id. */
export function write(call: Call, index: string, operation: WriteOperation): number | undefined {
  return call.accept({ index, operations: [operation] })[0];
}

export function now(): string {
  return new Date().toISOString();
}

function batch(call: Call, entries: readonly BatchEntry[]): object {
  const index = call.path('index');
  for (const action of new Set(entries.map((entry) => entry.action)))
    checkRight(call.credentials, ACTION_RIGHTS[action], index);
  if (entries.length === 0) checkRight(call.credentials, 'addObject', index);
  call.admit(entries);
  const [taskID] = call.accept({ index, operations: entries.map(({ operation }) => operation) });
  return { taskID, objectIDs: objectIDsOf(entries) };
}

/** One task per index, in each the order of the entries. */
function multipleBatch(call: Call, entries: readonly BatchEntry[]): object {
  const writes = new Map<string, WriteOperation[]>();
  for (const { action, indexName, operation } of entries) {
    if (indexName === undefined || indexName === '') throw new Refusal(400, 'Missing "indexName" attribute');
    checkRight(call.credentials, ACTION_RIGHTS[action], indexName);
    const operations = writes.get(indexName);
    if (operations === undefined) writes.set(indexName, [operation]);
    else operations.push(operation);
  }
  const indices = [...writes.keys()];
  call.admit(entries);
  const taskIDs = call.accept(...[...writes].map(([index, operations]): Write => ({ index, operations })));
  return {
    taskID: Object.fromEntries(indices.map((index, place) => [index, taskIDs[place]])),
    objectIDs: objectIDsOf(entries),
  };
}

function objectIDsOf(entries: readonly BatchEntry[]): string[] {
  return entries.flatMap(({ objectID }) => (objectID === undefined ? [] : [objectID]));
}

function writeObject(call: Call, action: Action, id: string | undefined, limits: RecordLimits) {
  const index = call.index(ACTION_RIGHTS[action]);
  const entry = readObject(action, call.body, id, limits);
  call.admit([entry]);
  return { objectID: entry.objectID, taskID: write(call, index, entry.operation) };
}

/** Neither a text query nor nothing at all says which records to delete. */
function checkDeleteBy(parameters: Readonly<Record<string, unknown>>): void {
  const { query, clauses } = filterParameters(parameters);
  const unknown = Object.keys(parameters).filter((name) => !FILTERS.includes(name) && name !== 'query');
  if (clauses.length === 0 || query !== '' || unknown.length > 0) {
    throw new Refusal(
      400,
      'DeleteByQuery endpoint only supports tagFilters, facetFilters, numericFilters and geoQuery condition',
    );
  }
}
