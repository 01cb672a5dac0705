import type { Api } from './api.ts';
import { checkAdmin } from './credentials.ts';
import { isLimits, type Limits } from './limits.ts';
import { Refusal } from './refusal.ts';

/** Not Algolia's: `PUT` changes the limits that it names, `GET` shows all. Admin key only. */
export function addLimitRoutes(api: Api, limits: Limits): void {
  api.add('PUT', '/1/test/limits', (call) => {
    checkAdmin(call.credentials);
    const changes = call.json();
    if (!isLimits(changes)) throw new Refusal(400, 'Not limits');
    Object.assign(limits, changes);
    return { body: limits };
  });
  api.add('GET', '/1/test/limits', (call) => {
    checkAdmin(call.credentials);
    return { body: limits };
  });
}
