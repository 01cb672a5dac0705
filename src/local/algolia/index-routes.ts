import type { Api } from './api.ts';
import type { ApiKey, ApiKeys } from './api-keys.ts';
import { checkRight, mayUse } from './api-keys.ts';
import type { Application } from './application.ts';
import { Refusal } from './refusal.ts';
import { checkSettings, shownSettings } from './settings.ts';
import { now, write } from './write-routes.ts';

/** Settings, tasks, the list of indices, and keys. https://www.algolia.com/doc/rest-api/search/#tag/Indices */
export function addIndexRoutes(api: Api, application: Application, keys: ApiKeys): void {
  api.add('GET', '/1/indexes', (call) => {
    checkRight(call.key, 'listIndexes');
    return { body: listOf(application, call.key, call.query('page'), call.query('hitsPerPage')) };
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
  api.add('GET', '/1/indexes/:index/task/:taskID', (call) => {
    const published = application.isPublished(call.index('addObject'), Number(call.path('taskID')));
    return { body: { status: published ? 'published' : 'notPublished', pendingTask: !published } };
  });
  api.add('GET', '/1/keys', (call) => {
    if (!call.isAdmin) throw new Refusal(403, 'Method not allowed with this API key');
    return { body: { keys: keys.all().map(shownKey) } };
  });
  api.add('GET', '/1/keys/:key', (call) => {
    if (!call.isAdmin && call.path('key') !== call.key.value)
      throw new Refusal(403, 'Method not allowed with this API key');
    return { body: shownKey(keys.find(call.path('key'))) };
  });
}

function listOf(
  application: Application,
  key: ApiKey,
  page: string | undefined,
  hitsPerPage: string | undefined,
): object {
  const items = [...application.indices].flatMap(([name, index]) => {
    if (!mayUse(key, name)) return [];
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

function shownKey(key: ApiKey): object {
  return {
    value: key.value,
    acl: key.acl,
    ...(key.indexes === undefined ? {} : { indexes: key.indexes }),
    description: key.description ?? '',
    validity: 0,
    createdAt: 0,
  };
}
