import { ProtocolError } from '../errors.ts';
import type { Slab } from './slab.ts';
import { NULL_JSON, type ValueEncoder, type ValueWriter } from './value-encoder.ts';

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const SPACE = 0x20;

/**
 * Arrays of any number of dimensions become nested JSON arrays; their lower bounds are left out. `delimiter` separates elements in
 * Postgres's text. https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
export function arrayEncoder(element: ValueEncoder, delimiter: string): ValueEncoder {
  const separator = delimiter.charCodeAt(0);
  const quoted = new QuotedElement();
  const write: ValueWriter = (slab, source, start, end) => {
    let offset = start;
    // `[2:3]={…}`: the text names the bounds where they do not begin at 1.
    if (source[start] === OPEN_BRACKET) while (offset < end && source[offset++] !== EQUALS);
    if (source[offset] !== OPEN_BRACE)
      throw new ProtocolError('the text of an array does not begin with a brace');
    while (offset < end) {
      const byte = source[offset];
      if (byte === OPEN_BRACE || byte === CLOSE_BRACE || byte === separator) {
        slab.appendByte(byte === OPEN_BRACE ? OPEN_BRACKET : byte === CLOSE_BRACE ? CLOSE_BRACKET : COMMA);
        offset++;
      } else if (byte === QUOTE) {
        offset = quoted.write(element, slab, source, offset + 1, end);
      } else {
        offset = writeUnquoted(element, separator, slab, source, offset, end);
      }
    }
  };
  // Quotes and escapes go away: two bytes can become one, beside the bounds in front.
  return { write, nullJson: NULL_JSON, shrinks: 2 * element.shrinks };
}

/** int2vector and oidvector: numbers with spaces between them, without braces. */
export const vectorWriter: ValueWriter = (slab, source, start, end) => {
  slab.reserve(end - start + 2);
  slab.appendByte(OPEN_BRACKET);
  for (let offset = start; offset < end; offset++) {
    const byte = source[offset] as number;
    slab.appendByte(byte === SPACE ? COMMA : byte);
  }
  slab.appendByte(CLOSE_BRACKET);
};

function writeUnquoted(
  element: ValueEncoder,
  separator: number,
  slab: Slab,
  source: Uint8Array,
  start: number,
  end: number,
): number {
  let stop = start;
  while (stop < end && source[stop] !== separator && source[stop] !== CLOSE_BRACE) stop++;
  if (isNull(source, start, stop)) slab.append(element.nullJson);
  else element.write(slab, source, start, stop);
  return stop;
}

/** An element between quotes. Without escapes it is read where it stands, else from a copy that has lost them. */
class QuotedElement {
  #unescaped = Buffer.allocUnsafe(256);

  /** Writes the element whose text begins at `start` and answers the offset behind its closing quote. */
  write(element: ValueEncoder, slab: Slab, source: Uint8Array, start: number, end: number): number {
    let offset = start;
    while (offset < end && source[offset] !== QUOTE && source[offset] !== BACKSLASH) offset++;
    if (source[offset] === QUOTE) {
      element.write(slab, source, start, offset);
      return offset + 1;
    }
    let length = offset - start;
    this.#room(end - start);
    this.#unescaped.set(source.subarray(start, offset));
    while (offset < end && source[offset] !== QUOTE) {
      if (source[offset] === BACKSLASH) offset++;
      this.#unescaped[length++] = source[offset++] as number;
    }
    element.write(slab, this.#unescaped, 0, length);
    return offset + 1;
  }

  #room(count: number): void {
    if (this.#unescaped.length < count) this.#unescaped = Buffer.allocUnsafe(2 * count);
  }
}

/** `NULL` without quotes; the text of that word stands between quotes. */
function isNull(source: Uint8Array, start: number, end: number): boolean {
  return (
    end - start === 4 &&
    source[start] === 0x4e &&
    source[start + 1] === 0x55 &&
    source[start + 2] === 0x4c &&
    source[start + 3] === 0x4c
  );
}
