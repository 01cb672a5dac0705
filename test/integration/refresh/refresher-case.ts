import type { Config } from '../../../src/config/schema.ts';
import { loadTypeCatalog } from '../../../src/database/type-catalog.ts';
import type { Refresh, Step } from '../../../src/records/operations.ts';
import { refreshSteps } from '../../../src/records/refresh-message.ts';
import { DeliveredTransactions } from '../../../src/refresh/delivered.ts';
import { Refresher } from '../../../src/refresh/refresher.ts';
import { serverMajor, type TestDatabase } from '../../support/postgres.ts';

export const tables: Config['tables'] = { 'public.t': { index: 't', objectID: ['id'] } };
export const LIMIT = 10_000;

export const wishes = (...objectIDs: string[]): readonly Refresh[] =>
  refreshSteps(
    objectIDs.map((objectID) => ({ table: 'public.t', objectID })),
    tables,
    LIMIT,
  );

export const kinds = (steps: readonly Step[]): readonly string[] =>
  steps.map((step) => ('objectID' in step ? `${step.kind} ${step.objectID}` : step.kind));

/** As a session would have it that follows these tables now. */
export async function openRefresher(
  { client, url, slot, publication }: TestDatabase,
  tables: Config['tables'],
  recordBytesMax: number,
  bytesMax?: number,
): Promise<Refresher & AsyncDisposable> {
  const bindings = new Map<number, string>();
  for (const name of Object.keys(tables)) {
    const { rows } = await client.query<{ oid: number }>('SELECT $1::regclass::oid::int8::float8 AS oid', [
      name,
    ]);
    bindings.set(rows[0]?.oid ?? 0, name);
  }
  const refresher = new Refresher({
    url,
    slot,
    serverVersion: serverMajor() * 10_000,
    publications: [publication],
    bindings,
    delivered: new DeliveredTransactions(),
    tables,
    types: await loadTypeCatalog(client),
    recordBytesMax,
    ...(bytesMax === undefined ? {} : { bytesMax }),
  });
  return Object.assign(refresher, { [Symbol.asyncDispose]: () => refresher.close() });
}
