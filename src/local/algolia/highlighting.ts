import {
  highlightedText,
  type MatchLevel,
  matchedWords,
  matchLevelOf,
  type Tags,
  tokensOf,
} from './highlighted-text.ts';
import { below } from './record-text.ts';
import type { SearchParameters } from './search-parameters.ts';
import type { IndexSettings } from './settings.ts';
import { type QueryWord, queryWordsOf } from './words.ts';

type Leaf = {
  readonly value: string;
  readonly matchLevel: MatchLevel;
  readonly fullyHighlighted?: boolean;
  readonly matchedWords?: readonly string[];
};
type Tree = Leaf | readonly Tree[] | { readonly [attribute: string]: Tree };

const SNIPPET_WORDS = 10;

/** What a query does to the texts of its hits. */
export type Highlighting = {
  readonly words: readonly QueryWord[];
  readonly tags: Tags;
  /** Paths of attributes, `*` for all. */
  readonly highlighted: readonly string[];
  /** Path, or `*`, to the number of words. */
  readonly snippets: ReadonlyMap<string, number>;
  readonly ellipsis: string;
  readonly except: readonly string[];
};

/**
 * All searchable attributes are highlighted unless the query or the settings say which, also those that are not retrieved; what
 * is unretrievable stays so.
 * https://www.algolia.com/doc/api-reference/api-parameters/attributesToHighlight
 */
export function highlightingOf(
  parameters: SearchParameters,
  settings: IndexSettings,
  isPrivileged: boolean,
): Highlighting {
  const snippets = parameters.attributesToSnippet ?? settings.attributesToSnippet;
  return {
    words: queryWordsOf(parameters.query, parameters.queryType ?? settings.queryType),
    tags: {
      pre: parameters.highlightPreTag ?? settings.highlightPreTag,
      post: parameters.highlightPostTag ?? settings.highlightPostTag,
    },
    highlighted: parameters.attributesToHighlight ??
      settings.attributesToHighlight ??
      settings.searchable ?? ['*'],
    snippets: new Map(snippets.map(snippetOf)),
    ellipsis: parameters.snippetEllipsisText ?? settings.snippetEllipsisText,
    except: isPrivileged ? [] : settings.unretrievable,
  };
}

/** The hit with `_highlightResult` and `_snippetResult` behind its own attributes, where there is anything in them. */
export function highlightedHit(hit: Buffer, record: Buffer, highlighting: Highlighting): Buffer {
  const { highlighted, snippets } = highlighting;
  if (highlighted.length === 0 && snippets.size === 0) return hit;
  const parsed: unknown = JSON.parse(record.toString());
  const results = {
    _highlightResult: mapped(parsed, '', shape(highlighted, highlighting), (text) =>
      highlight(text, highlighting),
    ),
    _snippetResult: mapped(parsed, '', shape([...snippets.keys()], highlighting), (text, path) =>
      snippet(text, wordsAt(path, snippets), highlighting),
    ),
  };
  const text = JSON.stringify(results).slice(1, -1);
  if (text === '') return hit;
  return Buffer.concat([hit.subarray(0, hit.lastIndexOf('}')), Buffer.from(`,${text}}`)]);
}

function highlight(text: string, { words, tags }: Highlighting): Leaf {
  const tokens = tokensOf(text, words);
  const matched = matchedWords(tokens, words);
  const value = highlightedText(text, tokens, tags);
  const matchLevel = matchLevelOf(matched, words);
  if (matchLevel === 'none') return { value, matchLevel, matchedWords: [] };
  const fullyHighlighted = tokens.every(({ end, matchEnd }) => matchEnd === end);
  return {
    value,
    matchLevel,
    fullyHighlighted,
    matchedWords: [...new Set(matched.map((word) => word.text))],
  };
}

/** So many words around the first that matched. */
function snippet(text: string, count: number, { words, tags, ellipsis }: Highlighting): Leaf {
  const tokens = tokensOf(text, words);
  const first = Math.max(
    0,
    tokens.findIndex(({ matched }) => matched.length > 0),
  );
  const from = Math.max(0, Math.min(first - Math.floor(count / 2), tokens.length - count));
  const to = Math.min(tokens.length, from + count);
  const start = from === 0 ? 0 : (tokens[from]?.start ?? 0);
  const end = to === tokens.length ? text.length : (tokens[to - 1]?.end ?? text.length);
  const value = highlightedText(text, tokens, tags, start, end);
  const [before, after] = [from > 0 ? ellipsis : '', to < tokens.length ? ellipsis : ''];
  return { value: before + value + after, matchLevel: matchLevelOf(matchedWords(tokens, words), words) };
}

/** Which part of a record to visit: everything when `wanted` is undefined. */
type Shape = { readonly wanted: readonly string[] | undefined; readonly except: readonly string[] };

function shape(names: readonly string[], { except }: Highlighting): Shape {
  return names.includes('*')
    ? { wanted: undefined, except: [...except, 'objectID'] }
    : { wanted: names, except };
}

/** The wanted texts and numbers of a value in its own shape; undefined where there are none. */
function mapped(
  value: unknown,
  path: string,
  { wanted, except }: Shape,
  leaf: (text: string, path: string) => Leaf,
): Tree | undefined {
  if (typeof value === 'string' || typeof value === 'number')
    return wanted === undefined ? leaf(String(value), path) : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) {
    const elements = value.map((element: unknown) => mapped(element, path, { wanted, except }, leaf));
    const found = elements.filter((element) => element !== undefined);
    return found.length === 0 ? undefined : found;
  }
  const found = Object.entries(value).flatMap(([key, inner]): [string, Tree][] => {
    if (except.includes(key)) return [];
    const isWhole = wanted === undefined || wanted.includes(key);
    const innerShape = { wanted: isWhole ? undefined : below(wanted, key), except: below(except, key) };
    if (innerShape.wanted?.length === 0) return [];
    const tree = mapped(inner, path === '' ? key : `${path}.${key}`, innerShape, leaf);
    return tree === undefined ? [] : [[key, tree]];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function snippetOf(entry: string): [string, number] {
  const [name = '', count] = entry.split(':');
  return [name, Math.max(1, Number(count ?? SNIPPET_WORDS) || SNIPPET_WORDS)];
}

function wordsAt(path: string, snippets: ReadonlyMap<string, number>): number {
  const parts = path.split('.');
  const paths = parts.map((_, place) => parts.slice(0, place + 1).join('.')).reverse();
  const named = paths.find((prefix) => snippets.has(prefix)) ?? '*';
  return snippets.get(named) ?? SNIPPET_WORDS;
}
