import type { Slab } from './slab.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
const HEX = '0123456789abcdef';

/** What JSON demands to be escaped, by byte: `\n`, or `\u0001` where there is no short form. https://www.rfc-editor.org/rfc/rfc8259#section-7 */
const ESCAPES: readonly (Buffer | undefined)[] = Array.from({ length: 256 }, (_, byte) => {
  if (byte >= FIRST_PRINTABLE && byte !== QUOTE && byte !== BACKSLASH) return undefined;
  const short = { 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r', 34: '\\"', 92: '\\\\' }[byte];
  return Buffer.from(short ?? `\\u00${HEX[byte >> 4]}${HEX[byte & 15]}`);
});

/** Writes UTF-8 text as a JSON string; all but `"`, `\` and control characters stays as it is. */
export function writeJsonText(slab: Slab, source: Uint8Array, start: number, end: number): void {
  slab.reserve(end - start + 2);
  const { bytes } = slab;
  let position = slab.position;
  bytes[position++] = QUOTE;
  for (let offset = start; offset < end; offset++) {
    const byte = source[offset] as number;
    if (byte < FIRST_PRINTABLE || byte === QUOTE || byte === BACKSLASH) {
      slab.position = position;
      writeEscapedRest(slab, source, offset, end);
      return;
    }
    bytes[position++] = byte;
  }
  bytes[position++] = QUOTE;
  slab.position = position;
}

/** The JSON string of a name that is known beforehand. */
export function jsonText(text: string): string {
  return JSON.stringify(text);
}

/** Counts first: reserving the worst case, six bytes for one, would leave most of a buffer unused. */
function writeEscapedRest(slab: Slab, source: Uint8Array, start: number, end: number): void {
  let count = 1;
  for (let offset = start; offset < end; offset++) count += ESCAPES[source[offset] as number]?.length ?? 1;
  slab.reserve(count);
  const { bytes } = slab;
  let position = slab.position;
  for (let offset = start; offset < end; offset++) {
    const byte = source[offset] as number;
    const escaped = ESCAPES[byte];
    if (escaped === undefined) {
      bytes[position++] = byte;
    } else {
      for (let index = 0; index < escaped.length; index++) bytes[position++] = escaped[index] as number;
    }
  }
  bytes[position++] = QUOTE;
  slab.position = position;
}
