import type { Call } from './call.ts';
import { Refusal } from './refusal.ts';

/** The requests of a route that exists for `*` alone, which is no index: each names its own. Throws a Refusal (404, 400). */
export function requestsForAll(call: Call): (Record<string, unknown> & { readonly indexName: string })[] {
  if (call.path('index') !== '*') throw new Refusal(404, 'Path not found');
  const { requests } = call.json();
  const isList =
    Array.isArray(requests) && requests.every((request) => typeof request === 'object' && request !== null);
  if (!isList) throw new Refusal(400, 'Missing or invalid "requests" attribute');
  for (const request of requests) {
    if (typeof request.indexName !== 'string') throw new Refusal(400, 'Missing "indexName" attribute');
  }
  return requests;
}

/** `{"results": […]}`, the values as their own bytes. */
export function resultsText(values: readonly Buffer[]): Buffer {
  const list = values.flatMap((value, place) => (place === 0 ? [value] : [COMMA, value]));
  return Buffer.concat([Buffer.from('{"results":['), ...list, Buffer.from(']}')]);
}

const COMMA = Buffer.from(',');
