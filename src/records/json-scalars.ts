import type { Slab } from './slab.ts';
import { NULL_JSON, type ValueWriter } from './value-encoder.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const SPACE_MAX = 0x20;
const LOWER_N = 0x6e;

/**
 * Writes something in the place of a JSON value, or of each element of a flat list, by the text of it: of a string what it says, of a
 * number, true and false what stands there. Null stays null. False for what is deeper or no JSON, of which nothing is written.
 */
export function writeScalars(
  slab: Slab,
  source: Uint8Array,
  start: number,
  end: number,
  write: ValueWriter,
): boolean {
  if (source[start] !== OPEN_LIST) return writeScalar(slab, source, start, end, write);
  const before = slab.length;
  slab.appendByte(OPEN_LIST);
  for (let at = passSpace(source, start + 1); source[at] !== CLOSE_LIST; ) {
    const stop = endOfElement(source, at, end);
    if (slab.length > before + 1) slab.appendByte(COMMA);
    if (!writeScalar(slab, source, at, stop, write)) {
      slab.takeBack(before);
      return false;
    }
    at = passSpace(source, stop);
  }
  slab.appendByte(CLOSE_LIST);
  return true;
}

function writeScalar(
  slab: Slab,
  source: Uint8Array,
  start: number,
  end: number,
  write: ValueWriter,
): boolean {
  const first = source[start] as number;
  if (first === OPEN_OBJECT || first === OPEN_LIST) return false;
  if (first === LOWER_N) slab.append(NULL_JSON);
  else if (first !== QUOTE) write(slab, source, start, end);
  else if (!holds(source, start, end, BACKSLASH)) write(slab, source, start + 1, end - 1);
  else {
    const text = unescaped(source, start, end);
    if (text === undefined) return false;
    write(slab, text, 0, text.length);
  }
  return true;
}

/** The engine's error goes no further: it quotes the text. */
function unescaped(source: Uint8Array, start: number, end: number): Buffer | undefined {
  try {
    return Buffer.from(String(JSON.parse(Buffer.from(source.subarray(start, end)).toString())));
  } catch {
    return undefined;
  }
}

function endOfElement(source: Uint8Array, first: number, end: number): number {
  let at = first + 1;
  if (source[first] === QUOTE) {
    for (; source[at] !== QUOTE && at < end; at++) if (source[at] === BACKSLASH) at++;
    return at + 1;
  }
  while (at < end && source[at] !== COMMA && source[at] !== CLOSE_LIST && (source[at] as number) > SPACE_MAX)
    at++;
  return at;
}

/** Commas as well. */
function passSpace(source: Uint8Array, first: number): number {
  let at = first;
  while ((source[at] as number) <= SPACE_MAX || source[at] === COMMA) at++;
  return at;
}

function holds(source: Uint8Array, start: number, end: number, byte: number): boolean {
  for (let at = start; at < end; at++) if (source[at] === byte) return true;
  return false;
}
