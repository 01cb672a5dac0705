import type { Clause } from './filter.ts';
import { facetFilterClauses, numericFilterClauses, tagFilterClauses } from './filter-lists.ts';
import { parseFilters } from './filter-parser.ts';
import { Refusal } from './refusal.ts';
import { isTextList } from './settings.ts';

export type Parameters = Readonly<Record<string, unknown>>;

/** What a query asks for; undefined leaves it to the index's settings. */
export type SearchParameters = {
  readonly query: string;
  readonly clauses: readonly Clause[];
  readonly facets: readonly string[];
  readonly maxValuesPerFacet: number | undefined;
  readonly sortFacetValuesBy: string | undefined;
  readonly page: number;
  readonly hitsPerPage: number | undefined;
  readonly offset: number | undefined;
  readonly length: number | undefined;
  readonly queryType: string | undefined;
  readonly attributesToRetrieve: readonly string[] | undefined;
  readonly responseFields: readonly string[] | undefined;
  readonly attributesToHighlight: readonly string[] | undefined;
  readonly attributesToSnippet: readonly string[] | undefined;
  readonly highlightPreTag: string | undefined;
  readonly highlightPostTag: string | undefined;
  readonly snippetEllipsisText: string | undefined;
};

const HITS_PER_PAGE_MAX = 1000;
const VALUES_PER_FACET_MAX = 1000;

/** Throws a Refusal (400) on values of the wrong type and on filters that Algolia would not accept; ignores what this server does not know. */
export function searchParameters(given: Parameters): SearchParameters {
  return {
    ...filterParameters(given),
    facets: textsOf(given, 'facets') ?? [],
    maxValuesPerFacet: countOf(given, 'maxValuesPerFacet', VALUES_PER_FACET_MAX),
    sortFacetValuesBy: textOf(given, 'sortFacetValuesBy'),
    page: countOf(given, 'page') ?? 0,
    hitsPerPage: countOf(given, 'hitsPerPage', HITS_PER_PAGE_MAX),
    offset: countOf(given, 'offset'),
    length: countOf(given, 'length', HITS_PER_PAGE_MAX),
    queryType: textOf(given, 'queryType'),
    attributesToRetrieve: textsOf(given, 'attributesToRetrieve'),
    responseFields: textsOf(given, 'responseFields'),
    attributesToHighlight: textsOf(given, 'attributesToHighlight'),
    attributesToSnippet: textsOf(given, 'attributesToSnippet'),
    highlightPreTag: textOf(given, 'highlightPreTag'),
    highlightPostTag: textOf(given, 'highlightPostTag'),
    snippetEllipsisText: textOf(given, 'snippetEllipsisText'),
  };
}

/** Those parameters that decide which records match. */
export function filterParameters(given: Parameters): Pick<SearchParameters, 'query' | 'clauses'> {
  return {
    query: textOf(given, 'query') ?? '',
    clauses: [
      ...parseFilters(textOf(given, 'filters') ?? ''),
      ...facetFilterClauses(given['facetFilters']),
      ...tagFilterClauses(given['tagFilters']),
      ...numericFilterClauses(given['numericFilters']),
    ],
  };
}

/** `{params: "query=a&facets=%5B…"}` and parameters beside it are one set, of which the latter win. */
export function flattenedParameters(body: unknown): Parameters {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body))
    throw new Refusal(400, 'Invalid JSON: expected an object');
  const { params, ...rest } = body as Record<string, unknown>;
  if (params === undefined) return rest;
  if (typeof params === 'object' && params !== null) return { ...params, ...rest };
  if (typeof params !== 'string')
    throw new Refusal(400, 'Invalid value for "params" parameter, expected string');
  return { ...urlParameters(params), ...rest };
}

/** URL-encoded values are text; lists come as JSON. */
export function urlParameters(encoded: string): Parameters {
  const parameters: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(encoded)) {
    parameters[name] = value.startsWith('[') ? jsonOr(value) : value;
  }
  return parameters;
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A query may well begin with a bracket.
    return text;
  }
}

export function textOf(given: Parameters, name: string): string | undefined {
  const value = given[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') {
    if (name === 'query' || name === 'filters') throw invalid(name, 'string');
    return String(value);
  }
  return value;
}

function textsOf(given: Parameters, name: string): readonly string[] | undefined {
  const value = given[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value === '' ? [] : value.split(',').map((entry) => entry.trim());
  if (isTextList(value)) return value;
  throw invalid(name, 'array of strings');
}

export function countOf(given: Parameters, name: string, max = Number.MAX_SAFE_INTEGER): number | undefined {
  const value = given[name];
  if (value === undefined || value === null || value === '') return undefined;
  const count = Number(value);
  if (!Number.isInteger(count) || count < 0) throw invalid(name, 'integer between 0 and 9223372036854775807');
  return Math.min(count, max);
}

function invalid(name: string, expected: string): Refusal {
  return new Refusal(400, `Invalid value for "${name}" parameter, expected ${expected}`);
}
