import type { IndexAddress } from '../../support/index-comparison.ts';

/** A record of the audit log as it stands in the index now; undefined while there is none. */
export async function readRecord(
  server: IndexAddress,
  objectID: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const answer = await fetch(`${server.url}/1/indexes/audit_log/${objectID}`, {
    headers: { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.adminKey },
  });
  const body = (await answer.json()) as Readonly<Record<string, unknown>>;
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`reading ${objectID} answered ${answer.status}`);
  return body;
}
