/** Of bytes in UTF-8 as of characters: what JSON is told apart by is ASCII. More blanks than JSON has are passed over. */
export function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** What numbers, true, false and null are made of: digits, letters, `+`, `-` and `.`. */
export function isWord(code: number): boolean {
  const letter = code | 0x20;
  return (
    (code >= 0x30 && code <= 0x39) ||
    (letter >= 0x61 && letter <= 0x7a) ||
    code === 0x2b ||
    code === 0x2d ||
    code === 0x2e
  );
}
