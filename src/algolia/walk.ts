import type { Connections } from './connections.ts';
import { RefusedError } from './failures.ts';

/** Which page of which records. */
export type WalkPage = {
  readonly attributes: readonly string[];
  readonly filters?: string | undefined;
  /** Of the page before, which carries the rest. */
  readonly cursor?: string | undefined;
};

export type WalkedRecord = {
  readonly objectID: string;
  readonly values: Readonly<Record<string, unknown>>;
};

export type WalkedPage = {
  /** Of all that are walked, which may be an estimate. https://www.algolia.com/doc/rest-api/search/#tag/Search/operation/browse */
  readonly count: number;
  readonly records: readonly WalkedRecord[];
  /** Undefined behind the last page. */
  readonly cursor: string | undefined;
};

const PAGE_RECORDS = 1_000;

/** https://www.algolia.com/doc/rest-api/search/#tag/Search/operation/browse */
export async function walk(
  connections: Connections,
  indexName: string,
  { attributes, filters, cursor }: WalkPage,
): Promise<WalkedPage> {
  const all = { hitsPerPage: PAGE_RECORDS, attributesToRetrieve: ['objectID', ...attributes] };
  const first = filters === undefined ? all : { ...all, filters };
  try {
    const answer = await connections.call('read', `browsing index ${indexName}`, ({ client }) =>
      client.browse({ indexName, browseParams: cursor === undefined ? first : { cursor } }),
    );
    const records = answer.hits.map(({ objectID, ...values }) => ({ objectID, values: { ...values } }));
    return { records, count: answer.nbHits ?? records.length, cursor: answer.cursor };
  } catch (error) {
    // An index that nobody has written to is empty.
    if (error instanceof RefusedError && error.status === 404)
      return { records: [], count: 0, cursor: undefined };
    throw error;
  }
}
