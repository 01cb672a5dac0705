import { highlightedText, matchedWords, tokensOf } from './highlighted-text.ts';
import { matchingSlots } from './matching.ts';
import { Refusal } from './refusal.ts';
import type { SearchIndex } from './search-index.ts';
import { countOf, type Parameters, searchParameters, textOf } from './search-parameters.ts';
import { queryWordsOf } from './words.ts';

const FACET_HITS = 10;
const FACET_HITS_MAX = 100;

/**
 * The values of one facet that `facetQuery` finds among the records that the other parameters find. Throws a Refusal (400) unless
 * the settings declare the facet `searchable`.
 * https://www.algolia.com/doc/rest-api/search/search-for-facet-values
 */
export function searchFacetValues(index: SearchIndex, facet: string, given: Parameters): object {
  const { settings, derived } = index;
  if (!settings.searchableFacets.has(facet)) {
    const remedy = `you need to add \`searchable(${facet})\` to attributesForFaceting.`;
    throw new Refusal(400, `Cannot search in \`${facet}\` attribute, ${remedy}`);
  }
  const parameters = searchParameters(given);
  const most = countOf(given, 'maxFacetHits', FACET_HITS_MAX) ?? FACET_HITS;
  const words = queryWordsOf(textOf(given, 'facetQuery') ?? '', 'prefixLast');
  const tags = {
    pre: parameters.highlightPreTag ?? settings.highlightPreTag,
    post: parameters.highlightPostTag ?? settings.highlightPostTag,
  };
  const column = derived.facet(facet);
  const counts: number[] = [];
  matchingSlots(index, parameters, (slot) => column.countInto(counts, slot), {
    facets: [facet],
    numbers: [],
  });
  const found = counts.flatMap((count, code) => {
    const value = column.values[code] ?? '';
    const tokens = tokensOf(value, words);
    if (matchedWords(tokens, words).length < words.length) return [];
    return [{ value, highlighted: highlightedText(value, tokens, tags), count }];
  });
  const isByName = (parameters.sortFacetValuesBy ?? settings.sortFacetValuesBy) === 'alpha';
  found.sort((left, right) => (isByName ? 0 : right.count - left.count) || byValue(left, right));
  return { facetHits: found.slice(0, most), exhaustiveFacetsCount: true, processingTimeMS: 1 };
}

function byValue(left: { value: string }, right: { value: string }): number {
  return left.value < right.value ? -1 : left.value > right.value ? 1 : 0;
}
