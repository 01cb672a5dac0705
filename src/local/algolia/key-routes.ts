import type { Api } from './api.ts';
import { readKeyGrant, shownKey } from './api-key.ts';
import type { ApiKeys } from './api-keys.ts';
import { checkAdmin, methodNotAllowed } from './credentials.ts';

/** https://www.algolia.com/doc/rest-api/search/#tag/Api-Keys */
export function addKeyRoutes(api: Api, keys: ApiKeys): void {
  api.add('GET', '/1/keys', (call) => {
    checkAdmin(call.credentials);
    return { body: { keys: keys.all(Date.now()).map(shownKey) } };
  });
  api.add('POST', '/1/keys', (call) => {
    checkAdmin(call.credentials);
    const nowMs = Date.now();
    const { value } = keys.add(readKeyGrant(call.json()), nowMs);
    return { body: { key: value, createdAt: new Date(nowMs).toISOString() } };
  });
  api.add('GET', '/1/keys/:key', (call) => {
    const { key, isAdmin, isSecured } = call.credentials;
    if (isAdmin) return { body: shownKey(keys.find(call.path('key'), Date.now())) };
    if (isSecured || call.path('key') !== key.value) throw methodNotAllowed();
    return { body: shownKey({ ...key, description: '<redacted>' }) };
  });
  api.add('PUT', '/1/keys/:key', (call) => {
    checkAdmin(call.credentials);
    const nowMs = Date.now();
    keys.replace(call.path('key'), readKeyGrant(call.json()), nowMs);
    return { body: { key: call.path('key'), updatedAt: new Date(nowMs).toISOString() } };
  });
  api.add('DELETE', '/1/keys/:key', (call) => {
    checkAdmin(call.credentials);
    const nowMs = Date.now();
    keys.delete(call.path('key'), nowMs);
    return { body: { deletedAt: new Date(nowMs).toISOString() } };
  });
}
