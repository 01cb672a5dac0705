import { isDeepStrictEqual } from 'node:util';

/**
 * What an index shows of settings that nobody has set, as far as it is not null or an empty list: null asks for these.
 * https://www.algolia.com/doc/api-reference/settings-api-parameters/
 */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  hitsPerPage: 20,
  maxValuesPerFacet: 100,
  paginationLimitedTo: 1000,
  minWordSizefor1Typo: 4,
  minWordSizefor2Typos: 8,
  typoTolerance: true,
  allowTyposOnNumericTokens: true,
  ranking: ['typo', 'geo', 'words', 'filters', 'proximity', 'attribute', 'exact', 'custom'],
  queryType: 'prefixLast',
  removeWordsIfNoResults: 'none',
  exactOnSingleWordQuery: 'attribute',
  alternativesAsExact: ['ignorePlurals', 'singleWordSynonym'],
  separatorsToIndex: '',
  highlightPreTag: '<em>',
  highlightPostTag: '</em>',
  snippetEllipsisText: '…',
  sortFacetValuesBy: 'count',
};

/** There, an empty list is no number at all, and nothing is every number. */
const EMPTY_IS_SAID = new Set(['numericAttributesForFiltering']);

/** Whether two values say the same: an index may show another spelling of what it was told. */
export function isSameSetting(name: string, one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(plain(name, one), plain(name, other));
}

function plain(name: string, value: unknown): unknown {
  const given = value ?? DEFAULTS[name] ?? null;
  if (given === 'true' || given === 'false') return given === 'true';
  if (!Array.isArray(given)) return given;
  if (given.length === 0 && !EMPTY_IS_SAID.has(name)) return null;
  return given.map((each) => (typeof each === 'string' ? plainText(each) : each));
}

/** `ordered(…)` is how attributes are searched anyway; spaces around commas and brackets say nothing. */
function plainText(text: string): string {
  return text
    .trim()
    .replace(/\s*([,()])\s*/g, '$1')
    .replace(/^ordered\((.*)\)$/, '$1');
}

/** Of an entry such as `afterDistinct(searchable(name))`. */
export function attributeName(entry: string): string {
  const inner = /^[A-Za-z]+\((.*)\)$/.exec(entry)?.[1]?.trim();
  return inner === undefined ? entry : attributeName(inner);
}
