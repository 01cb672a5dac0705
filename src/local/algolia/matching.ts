import type { Bitset } from './bitset.ts';
import type { DerivedData } from './derived-data.ts';
import { attributesOf, compileClauses } from './filter-test.ts';
import type { RecordStore } from './record-store.ts';
import type { SearchParameters } from './search-parameters.ts';
import type { IndexSettings } from './settings.ts';
import { wordsOf } from './words.ts';

/** What matching needs of an index. */
export type Searchable = {
  readonly store: RecordStore;
  readonly settings: IndexSettings;
  readonly derived: DerivedData;
};

type Question = Pick<SearchParameters, 'query' | 'clauses'> & { readonly queryType?: string | undefined };
type Columns = { readonly facets: readonly string[]; readonly numbers: readonly string[] };

/** Visits each matching slot, oldest first; prepares the columns that `also` names on the way. */
export function matchingSlots(
  index: Searchable,
  question: Question,
  visit: (slot: number) => void,
  also: Columns = { facets: [], numbers: [] },
): void {
  const { store, settings, derived } = index;
  const words = wordsOf(question.query);
  const read = attributesOf(question.clauses);
  derived.prepare({
    facets: [...read.facets, ...also.facets],
    numbers: [...read.numbers, ...also.numbers],
    words: words.length > 0,
  });
  const test = compileClauses(question.clauses, derived, settings, store);
  slotsWithWords(derived, words, question.queryType ?? settings.queryType, store.alive).forEach((slot) => {
    if (test(slot)) visit(slot);
  });
}

/** Every word must occur; the last one may be the beginning of a word, unless the query type says otherwise. */
function slotsWithWords(
  derived: DerivedData,
  words: readonly string[],
  queryType: string,
  alive: Bitset,
): Bitset {
  const slots = words.length === 0 ? alive : alive.copy();
  words.forEach((word, place) => {
    const prefix = queryType === 'prefixAll' || (queryType !== 'prefixNone' && place === words.length - 1);
    slots.intersect(prefix ? derived.words.withPrefix(word) : derived.words.withWord(word));
  });
  return slots;
}
