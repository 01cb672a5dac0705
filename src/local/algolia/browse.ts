import { matchingSlots } from './matching.ts';
import { narrowedRecord } from './record-text.ts';
import { Refusal } from './refusal.ts';
import { responseText, selectionOf } from './search.ts';
import type { SearchIndex } from './search-index.ts';
import { type Parameters, searchParameters } from './search-parameters.ts';

const PAGE_RECORDS = 1000;

/** Carries the walk's parameters, as Algolia's does: later pages are asked for with the cursor alone. */
type Cursor = { readonly after: number; readonly page: number; readonly parameters: Parameters };

/** Who walks: whether unretrievable attributes may be seen, and what the key adds to the parameters of each page. */
export type Walker = {
  readonly isPrivileged: boolean;
  readonly restricted: (parameters: Parameters) => Parameters;
};

/**
 * One page of a walk over all matching records, oldest version first. A record that is changed on the way may come twice, one
 * that stays is never left out. Nothing is highlighted: https://www.algolia.com/doc/rest-api/search/browse
 */
export function browse(index: SearchIndex, given: Parameters, walker: Walker): Buffer {
  const cursor = cursorOf(given);
  // At every page: the cursor may be another key's.
  const parameters = searchParameters(walker.restricted(cursor.parameters));
  const { store, settings } = index;
  const size = Math.max(1, parameters.hitsPerPage ?? PAGE_RECORDS);
  const selection = selectionOf(parameters.attributesToRetrieve, settings, walker.isPrivileged);
  const shown: number[] = [];
  let nbHits = 0;
  let more = false;
  matchingSlots(index, parameters, (slot) => {
    nbHits += 1;
    if (store.sequence(slot) <= cursor.after) return;
    if (shown.length < size) shown.push(slot);
    else more = true;
  });
  const hits = shown.map((slot) => narrowedRecord(store.record(slot), selection));
  const last = shown.at(-1);
  const next =
    more && last !== undefined
      ? encode({ after: store.sequence(last), page: cursor.page + 1, parameters: cursor.parameters })
      : undefined;
  const fields = {
    cursor: next,
    page: cursor.page,
    nbHits,
    nbPages: Math.ceil(nbHits / size),
    hitsPerPage: size,
    query: parameters.query,
    params: '',
    processingTimeMS: 1,
  };
  return responseText(hits, fields, undefined);
}

function cursorOf(given: Parameters): Cursor {
  const { cursor, ...parameters } = given;
  if (cursor === undefined || cursor === null || cursor === '') return { after: 0, page: 0, parameters };
  try {
    const decoded: unknown = JSON.parse(Buffer.from(String(cursor), 'base64url').toString());
    if (isCursor(decoded)) return decoded;
  } catch {
    // Refused below like any other text that is no cursor of ours.
  }
  throw new Refusal(400, 'Invalid value for "cursor" parameter');
}

function encode(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

function isCursor(value: unknown): value is Cursor {
  const cursor = value as Partial<Cursor> | null;
  return (
    typeof cursor?.after === 'number' &&
    typeof cursor.page === 'number' &&
    typeof cursor.parameters === 'object'
  );
}
