const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/**
 * Where a text stops being JSON, as "line 3, column 7". The engine's own message quotes what stands there, and that could be part of
 * a password. https://www.rfc-editor.org/rfc/rfc8259#section-2
 */
export function jsonErrorPosition(text: string): string {
  const before = text.slice(0, validLength(text)).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

function validLength(text: string): number {
  let offset = 0;

  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = offset;
    if (!pattern.test(text)) return false;
    offset = pattern.lastIndex;
    return true;
  };
  const takeCharacter = (character: string): boolean => {
    take(SPACE);
    if (text[offset] !== character) return false;
    offset += 1;
    return true;
  };
  const members = (end: string, member: () => boolean): boolean => {
    if (takeCharacter(end)) return true;
    do {
      if (!member()) return false;
    } while (takeCharacter(','));
    return takeCharacter(end);
  };
  const value = (): boolean => {
    if (takeCharacter('{')) return members('}', property);
    if (takeCharacter('[')) return members(']', value);
    return take(STRING) || take(SCALAR);
  };
  const property = (): boolean => {
    take(SPACE);
    return take(STRING) && takeCharacter(':') && value();
  };

  if (value()) take(SPACE);
  return offset;
}
