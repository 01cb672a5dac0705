import { search } from '../../../../src/local/algolia/search.ts';
import { SearchIndex } from '../../../../src/local/algolia/search-index.ts';

export type Row = { readonly objectID: string } & Readonly<Record<string, unknown>>;
export type Response = {
  readonly hits: readonly Row[];
  readonly nbHits: number;
  readonly facets?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly [field: string]: unknown;
};

export function indexOf(rows: readonly Row[], settings: Readonly<Record<string, unknown>> = {}): SearchIndex {
  const index = new SearchIndex(0);
  index.apply({ kind: 'settings', settings });
  for (const row of rows) put(index, row);
  return index;
}

export function put(index: SearchIndex, row: Row): void {
  index.apply({ kind: 'set', objectID: row.objectID, record: Buffer.from(JSON.stringify(row)) });
}

export function ask(
  index: SearchIndex,
  parameters: Readonly<Record<string, unknown>>,
  privileged = false,
): Response {
  return JSON.parse(search(index, 'i', parameters, privileged).toString());
}

export const idsOf = (response: Response) => response.hits.map(({ objectID }) => objectID);
