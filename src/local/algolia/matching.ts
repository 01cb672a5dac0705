import type { Bitset } from './bitset.ts';
import type { DerivedData } from './derived-data.ts';
import { attributesOf, compileClauses } from './filter-test.ts';
import type { RecordStore } from './record-store.ts';
import type { SearchParameters } from './search-parameters.ts';
import type { IndexSettings } from './settings.ts';
import { type QueryWord, queryWordsOf } from './words.ts';

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
  const words = queryWordsOf(question.query, question.queryType ?? settings.queryType);
  const read = attributesOf(question.clauses);
  derived.prepare({
    facets: [...read.facets, ...also.facets],
    numbers: [...read.numbers, ...also.numbers],
    words: words.length > 0,
  });
  const test = compileClauses(question.clauses, derived, settings, store);
  slotsWithWords(derived, words, store.alive).forEach((slot) => {
    if (test(slot)) visit(slot);
  });
}

/** Every word must occur. */
function slotsWithWords(derived: DerivedData, words: readonly QueryWord[], alive: Bitset): Bitset {
  const slots = words.length === 0 ? alive : alive.copy();
  for (const { text, isPrefix } of words)
    slots.intersect(isPrefix ? derived.words.withPrefix(text) : derived.words.withWord(text));
  return slots;
}
