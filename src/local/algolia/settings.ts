import { Refusal } from './refusal.ts';

export type StoredSettings = Readonly<Record<string, unknown>>;

const DEFAULTS = {
  hitsPerPage: 20,
  maxValuesPerFacet: 100,
  paginationLimitedTo: 1000,
  searchableAttributes: null,
  attributesForFaceting: null,
  numericAttributesForFiltering: null,
  attributesToRetrieve: null,
  unretrievableAttributes: null,
  ranking: ['typo', 'geo', 'words', 'filters', 'proximity', 'attribute', 'exact', 'custom'],
  customRanking: null,
  attributesToHighlight: null,
  attributesToSnippet: null,
  highlightPreTag: '<em>',
  highlightPostTag: '</em>',
  snippetEllipsisText: '…',
  queryType: 'prefixLast',
  sortFacetValuesBy: 'count',
} as const;

const LISTS = [
  'searchableAttributes',
  'attributesForFaceting',
  'numericAttributesForFiltering',
  'attributesToRetrieve',
  'unretrievableAttributes',
  'attributesToHighlight',
  'attributesToSnippet',
  'ranking',
  'customRanking',
];
const COUNTS = ['hitsPerPage', 'maxValuesPerFacet', 'paginationLimitedTo'];
const TEXTS = ['highlightPreTag', 'highlightPostTag', 'snippetEllipsisText'];
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  queryType: ['prefixLast', 'prefixAll', 'prefixNone'],
  sortFacetValuesBy: ['count', 'alpha'],
};

/** The settings as the API shows them: the stored ones over the defaults. */
export function shownSettings(stored: StoredSettings): Record<string, unknown> {
  return { ...DEFAULTS, ...stored };
}

/** A null takes a setting back to its default; settings that are not named stay. */
export function mergedSettings(stored: StoredSettings, change: StoredSettings): StoredSettings {
  const merged = { ...stored, ...change };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}

/** Refuses values that this server would misread; settings that it does not act on are kept as they are. */
export function checkSettings(settings: StoredSettings): void {
  for (const [name, value] of Object.entries(settings)) {
    if (value === null) continue;
    if (LISTS.includes(name) && !isTextList(value)) throw invalid(name, 'an array of strings');
    if (COUNTS.includes(name) && !(Number.isInteger(value) && Number(value) >= 0))
      throw invalid(name, 'a positive integer');
    if (TEXTS.includes(name) && typeof value !== 'string') throw invalid(name, 'a string');
    const choices = CHOICES[name];
    if (choices !== undefined && !choices.includes(String(value)))
      throw invalid(name, `one of ${choices.join(', ')}`);
  }
}

/** The settings as queries read them. */
export type IndexSettings = {
  readonly hitsPerPage: number;
  readonly maxValuesPerFacet: number;
  readonly paginationLimitedTo: number;
  readonly queryType: string;
  readonly sortFacetValuesBy: string;
  /** Attribute names without modifiers; undefined for all. */
  readonly searchable: readonly string[] | undefined;
  /** Declared for filtering. */
  readonly facets: ReadonlySet<string>;
  /** Declared for counting as well. */
  readonly countedFacets: readonly string[];
  /** Declared `searchable(…)`: their values can be searched for. */
  readonly searchableFacets: ReadonlySet<string>;
  /** Name to "equality only"; undefined when every number may be filtered. */
  readonly numeric: ReadonlyMap<string, boolean> | undefined;
  readonly attributesToRetrieve: readonly string[] | undefined;
  readonly unretrievable: readonly string[];
  readonly attributesToHighlight: readonly string[] | undefined;
  readonly attributesToSnippet: readonly string[];
  readonly highlightPreTag: string;
  readonly highlightPostTag: string;
  readonly snippetEllipsisText: string;
  /** `asc(attribute)` and `desc(attribute)`, the most important first. */
  readonly order: readonly { readonly attribute: string; readonly descending: boolean }[];
};

export function readSettings(stored: StoredSettings): IndexSettings {
  const shown = shownSettings(stored);
  const facets = textList(shown['attributesForFaceting']);
  const numeric = shown['numericAttributesForFiltering'];
  const searchable = shown['searchableAttributes'];
  const retrieve = shown['attributesToRetrieve'];
  const highlight = shown['attributesToHighlight'];
  return {
    hitsPerPage: Number(shown['hitsPerPage']),
    maxValuesPerFacet: Number(shown['maxValuesPerFacet']),
    paginationLimitedTo: Number(shown['paginationLimitedTo']),
    queryType: String(shown['queryType']),
    sortFacetValuesBy: String(shown['sortFacetValuesBy']),
    searchable: isTextList(searchable) && searchable.length > 0 ? searchableNames(searchable) : undefined,
    facets: new Set(facets.map(withoutModifier)),
    countedFacets: facets.filter((facet) => !facet.startsWith('filterOnly(')).map(withoutModifier),
    searchableFacets: new Set(facets.filter((facet) => facet.includes('searchable(')).map(withoutModifier)),
    numeric: isTextList(numeric)
      ? new Map(numeric.map((name) => [withoutModifier(name), name.startsWith('equalOnly(')]))
      : undefined,
    attributesToRetrieve: isTextList(retrieve) ? retrieve : undefined,
    unretrievable: textList(shown['unretrievableAttributes']),
    attributesToHighlight: isTextList(highlight) ? highlight : undefined,
    attributesToSnippet: textList(shown['attributesToSnippet']),
    highlightPreTag: String(shown['highlightPreTag']),
    highlightPostTag: String(shown['highlightPostTag']),
    snippetEllipsisText: String(shown['snippetEllipsisText']),
    order: orderOf(textList(shown['ranking']), textList(shown['customRanking'])),
  };
}

/** Text criteria are left out: this server does not rank. */
function orderOf(ranking: readonly string[], customRanking: readonly string[]): IndexSettings['order'] {
  return ranking
    .flatMap((criterion) => (criterion === 'custom' ? customRanking : [criterion]))
    .flatMap((criterion) => {
      const match = /^(asc|desc)\((.+)\)$/.exec(criterion);
      return match?.[2] === undefined
        ? []
        : [{ attribute: match[2].trim(), descending: match[1] === 'desc' }];
    });
}

function searchableNames(entries: readonly string[]): string[] {
  return entries.flatMap((names) => names.split(',')).map((name) => withoutModifier(name.trim()));
}

/** Modifiers nest, as in `afterDistinct(searchable(name))`. */
function withoutModifier(name: string): string {
  const inner = /^[a-zA-Z]+\((.*)\)$/.exec(name)?.[1]?.trim();
  return inner === undefined ? name : withoutModifier(inner);
}

export function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}

function textList(value: unknown): string[] {
  return isTextList(value) ? value : [];
}

function invalid(name: string, expected: string): Refusal {
  return new Refusal(400, `Invalid value for "${name}" setting, expected ${expected}`);
}
