import { foldedWord, type QueryWord } from './words.ts';

/** Letters and digits with the marks that belong to them, where `wordsOf` finds its words. */
const TOKEN = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;

export type Tags = { readonly pre: string; readonly post: string };

/** A word of a text, the query words that it matched, and where the longest of them ends in it. */
export type Token = {
  readonly start: number;
  readonly end: number;
  readonly matchEnd: number;
  readonly matched: readonly QueryWord[];
};

export type MatchLevel = 'none' | 'partial' | 'full';

export function tokensOf(text: string, words: readonly QueryWord[]): Token[] {
  return Array.from(text.matchAll(TOKEN), ({ 0: token, index: start }): Token => {
    const folded = foldedWord(token);
    const matched = words.filter((word) =>
      word.isPrefix ? folded.startsWith(word.text) : folded === word.text,
    );
    const longest = Math.max(0, ...matched.map(({ text: found }) => found.length));
    const length = longest === folded.length ? token.length : lengthOfPrefix(token, longest);
    return { start, end: start + token.length, matchEnd: start + length, matched };
  });
}

/** Those of the query's words that occur, in its order. */
export function matchedWords(tokens: readonly Token[], words: readonly QueryWord[]): QueryWord[] {
  const found = new Set(tokens.flatMap(({ matched }) => matched));
  return words.filter((word) => found.has(word));
}

export function matchLevelOf(matched: readonly QueryWord[], words: readonly QueryWord[]): MatchLevel {
  if (matched.length === 0) return 'none';
  return matched.length === words.length ? 'full' : 'partial';
}

/** The text between two offsets with tags around what matched. Nothing is escaped, as with Algolia. */
export function highlightedText(
  text: string,
  tokens: readonly Token[],
  { pre, post }: Tags,
  start = 0,
  end = text.length,
): string {
  let highlighted = '';
  let position = start;
  for (const token of tokens) {
    if (token.matched.length === 0 || token.start < start || token.end > end) continue;
    highlighted += text.slice(position, token.start) + pre + text.slice(token.start, token.matchEnd) + post;
    position = token.matchEnd;
  }
  return highlighted + text.slice(position, end);
}

/** How much of the token its first so many folded characters are; a mark belongs to the letter before it. */
function lengthOfPrefix(token: string, foldedLength: number): number {
  let length = 0;
  let covered = 0;
  if (foldedLength === 0) return 0;
  for (const character of token) {
    const size = foldedWord(character).length;
    if (covered >= foldedLength && size > 0) break;
    covered += size;
    length += character.length;
  }
  return length;
}
