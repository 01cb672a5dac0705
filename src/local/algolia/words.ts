const WORD = /[\p{L}\p{N}]+/gu;
const MARKS = /\p{M}+/gu;
const ASCII_LOWER_WORD = /[a-z0-9]+/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is "all of ASCII".
const ASCII_ONLY = /^[\x00-\x7f]*$/;

/** The words of a text in lower case and without accents; whatever is neither letter nor digit separates them. */
export function wordsOf(text: string): string[] {
  const lower = text.toLowerCase();
  if (ASCII_ONLY.test(lower)) return lower.match(ASCII_LOWER_WORD) ?? [];
  return lower.normalize('NFD').replace(MARKS, '').match(WORD) ?? [];
}
