import { parseFilters } from './filter-parser.ts';
import type { Parameters } from './search-parameters.ts';

const LISTS_OF_FILTERS = ['facetFilters', 'numericFilters', 'tagFilters'];

/**
 * What a key prescribes wins over what a request asks for; filters of both must hold.
 * https://support.algolia.com/hc/en-us/articles/6794170481041
 */
export function withKeyParameters(given: Parameters, prescribed: Parameters): Parameters {
  const merged: Record<string, unknown> = { ...given, ...prescribed };
  for (const name of LISTS_OF_FILTERS) {
    if (isGiven(given[name]) && isGiven(prescribed[name]))
      merged[name] = [...listOf(given[name]), ...listOf(prescribed[name])];
  }
  const { filters } = given;
  if (typeof filters === 'string' && isGiven(prescribed['filters'])) {
    merged['filters'] = conjunction(filters, String(prescribed['filters']));
  }
  return merged;
}

/** Each is a filter of its own first: otherwise a bracket or a quote in one could undo the other. */
function conjunction(...filters: readonly string[]): string {
  const real = filters.filter((filter) => parseFilters(filter).length > 0);
  return real.length < 2 ? real.join('') : real.map((filter) => `(${filter})`).join(' AND ');
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
