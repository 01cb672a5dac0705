import type { Api } from './api.ts';
import type { Application } from './application.ts';
import { type Credentials, checkRight, mayUse } from './credentials.ts';
import { Refusal } from './refusal.ts';
import { checkSettings, isTextList, shownSettings } from './settings.ts';
import type { WriteOperation } from './write-operation.ts';
import { now, write } from './write-routes.ts';

/** Settings, tasks, and the list of indices. https://www.algolia.com/doc/rest-api/search/#tag/Indices */
export function addIndexRoutes(api: Api, application: Application): void {
  api.add('GET', '/1/indexes', (call) => {
    checkRight(call.credentials, 'listIndexes');
    return { body: listOf(application, call.credentials, call.query('page'), call.query('hitsPerPage')) };
  });
  api.add('GET', '/1/indexes/:index/settings', (call) => {
    return { body: shownSettings(application.index(call.index('settings')).storedSettings) };
  });
  api.add('PUT', '/1/indexes/:index/settings', (call) => {
    const index = call.index('editSettings');
    const settings = call.json();
    checkSettings(settings);
    return { body: { updatedAt: now(), taskID: write(call, index, { kind: 'settings', settings }) } };
  });
  api.add('POST', '/1/indexes/:index/operation', (call) => {
    const operation = readCopy(call.json());
    const index = call.index('addObject');
    checkRight(call.credentials, 'addObject', operation.to);
    if (operation.to === index) throw new Refusal(400, 'Source and destination are the same index');
    return { body: { updatedAt: now(), taskID: write(call, index, operation) } };
  });
  api.add('GET', '/1/indexes/:index/task/:taskID', (call) => {
    const published = application.isPublished(call.index('addObject'), Number(call.path('taskID')));
    return { body: { status: published ? 'published' : 'notPublished', pendingTask: !published } };
  });
}

const SCOPES = ['settings', 'synonyms', 'rules'];

/** https://www.algolia.com/doc/rest-api/search/operation-index */
function readCopy(body: Record<string, unknown>): Extract<WriteOperation, { to: string }> {
  const { operation, destination, scope } = body;
  if (typeof destination !== 'string' || destination === '')
    throw new Refusal(400, 'Missing or invalid "destination" attribute');
  if (operation === 'move') return { kind: 'move', to: destination };
  if (operation !== 'copy') throw new Refusal(400, 'Missing or invalid "operation" attribute');
  if (scope === undefined || scope === null) return { kind: 'copy', to: destination, scope: 'all' };
  if (!isTextList(scope) || !scope.every((part) => SCOPES.includes(part)))
    throw new Refusal(400, 'Invalid "scope" attribute');
  return { kind: 'copy', to: destination, scope: scope.includes('settings') ? 'settings' : 'nothing' };
}

function listOf(
  application: Application,
  credentials: Credentials,
  page: string | undefined,
  hitsPerPage: string | undefined,
): object {
  const items = [...application.indices].flatMap(([name, index]) => {
    if (!mayUse(credentials, name)) return [];
    const pending = application.pendingTasks(name);
    return [
      {
        name,
        createdAt: new Date(index.createdAtMs).toISOString(),
        updatedAt: new Date(index.updatedAtMs).toISOString(),
        entries: index.store.records,
        dataSize: index.store.bytes,
        fileSize: index.store.bytes,
        lastBuildTimeS: 0,
        numberOfPendingTasks: pending,
        pendingTask: pending > 0,
      },
    ];
  });
  const size = Math.max(1, Number(hitsPerPage ?? 100) || 100);
  if (page === undefined) return { items, nbPages: 1 };
  return {
    items: items.slice(Number(page) * size, (Number(page) + 1) * size),
    nbPages: Math.ceil(items.length / size),
  };
}
