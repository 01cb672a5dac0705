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

/** As much of the beginning as has room in `bytesMax` bytes, quotes included; no character and no escape is broken. */
export function writeJsonTextStart(
  slab: Slab,
  source: Uint8Array,
  start: number,
  end: number,
  bytesMax: number,
): void {
  slab.reserve(bytesMax);
  const { bytes } = slab;
  const last = slab.position + bytesMax - 1;
  let position = slab.position;
  bytes[position++] = QUOTE;
  for (let offset = start; offset < end; ) {
    const byte = source[offset] as number;
    const escaped = ESCAPES[byte];
    const count = characterBytes(byte);
    if (position + (escaped?.length ?? count) > last) break;
    if (escaped === undefined)
      for (let index = 0; index < count; index++) bytes[position++] = source[offset + index] as number;
    else for (let index = 0; index < escaped.length; index++) bytes[position++] = escaped[index] as number;
    offset += count;
  }
  bytes[position++] = QUOTE;
  slab.position = position;
}

/** Of UTF-8, by the first one. https://www.rfc-editor.org/rfc/rfc3629#section-3 */
function characterBytes(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
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
