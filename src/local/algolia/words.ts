const WORD = /[\p{L}\p{N}]+/gu;
const MARKS = /\p{M}+/gu;
const ASCII_LOWER_WORD = /[a-z0-9]+/g;
const NOT_ASCII = /[^\p{ASCII}]/u;

/** The words of a text in lower case and without accents; whatever is neither letter nor digit separates them. */
export function wordsOf(text: string): string[] {
  const lower = text.toLowerCase();
  if (!NOT_ASCII.test(lower)) return lower.match(ASCII_LOWER_WORD) ?? [];
  return withoutAccents(lower).match(WORD) ?? [];
}

/** A word, or a part of one, as words are compared. */
export function foldedWord(text: string): string {
  return withoutAccents(text.toLowerCase());
}

/** A word of a query; `isPrefix` when words that it begins match as well. */
export type QueryWord = { readonly text: string; readonly isPrefix: boolean };

/** The last word may be the beginning of one, unless the query type says otherwise. */
export function queryWordsOf(query: string, queryType: string): QueryWord[] {
  return wordsOf(query).map((text, place, words) => ({
    text,
    isPrefix: queryType === 'prefixAll' || (queryType !== 'prefixNone' && place === words.length - 1),
  }));
}

function withoutAccents(lower: string): string {
  return lower.normalize('NFD').replace(MARKS, '');
}
