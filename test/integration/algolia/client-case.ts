import { onTestFinished } from 'vitest';
import { type Algolia, type AlgoliaOptions, createAlgolia } from '../../../src/algolia/client.ts';

export const API_KEY = 'c0ffee00c0ffee00c0ffee00c0ffee00';

/** A client that the test's end closes. */
export function client(hosts: readonly string[], options: Partial<AlgoliaOptions> = {}): Algolia {
  const algolia = createAlgolia({ appId: 'APP', apiKey: API_KEY, hosts, compression: 'none', ...options });
  onTestFinished(() => algolia.close());
  return algolia;
}

export const failureOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => undefined,
    (error: unknown) => error,
  );

export const body = Buffer.from(
  '{"requests":[{"action":"updateObject","body":{"objectID":"é/1","v": {"a" : 1.10, "big":12345678901234567890, "a":2}}}]}',
);
