import type { Api } from './api.ts';
import { checkAdmin } from './credentials.ts';
import { isFault } from './fault-shape.ts';
import type { FaultEffect, Faults } from './faults.ts';
import { Refusal } from './refusal.ts';

/** Not Algolia's: `POST` arms faults (one or a list), `GET` shows those that wait, `DELETE` takes them away, with `?kind=` those of one kind. Admin key only. */
export function addFaultRoutes(api: Api, faults: Faults): void {
  api.add('POST', '/1/test/faults', (call) => {
    checkAdmin(call.credentials);
    const body = call.json();
    const list: unknown = body['faults'] ?? [body];
    if (!Array.isArray(list) || !list.every(isFault)) throw new Refusal(400, 'Not a fault');
    faults.add(...list);
    return { body: { waiting: faults.waiting } };
  });
  api.add('GET', '/1/test/faults', (call) => {
    checkAdmin(call.credentials);
    return { body: { waiting: faults.waiting, met: faults.met } };
  });
  api.add('DELETE', '/1/test/faults', (call) => {
    checkAdmin(call.credentials);
    faults.clear(call.query('kind') as FaultEffect['kind'] | undefined);
    return { body: { waiting: faults.waiting } };
  });
}
