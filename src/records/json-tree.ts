import { isSpace, isWord } from './json-codes.ts';

/** A JSON value with its own text, digits as they stand. What lies deeper than `JSON_DEPTH_MAX` is one value without parts. */
export type JsonNode =
  | { readonly kind: 'object'; readonly text: string; readonly members: ReadonlyMap<string, JsonNode> }
  | { readonly kind: 'list'; readonly text: string; readonly elements: readonly JsonNode[] }
  | { readonly kind: 'scalar' | 'deep'; readonly text: string };

export const JSON_DEPTH_MAX = 64;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * The parts of a JSON text. `JSON.parse` would round numbers; this one cuts the text into pieces. Of a key that an object holds twice
 * the last one counts, as in Postgres. Throws a SyntaxError, without a word of the text, where that is no JSON.
 */
export function parseJsonTree(text: string): JsonNode {
  return new JsonReader(text).document();
}

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonNode {
    const root = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw noJson();
    return root;
  }

  #value(depth: number): JsonNode {
    this.#space();
    const text = this.#text;
    const start = this.#at;
    const first = text.charCodeAt(start);
    if (first !== OPEN_OBJECT && first !== OPEN_LIST) {
      if (first === QUOTE) this.#passString();
      else this.#passWord();
      return { kind: 'scalar', text: text.slice(start, this.#at) };
    }
    if (depth === JSON_DEPTH_MAX) {
      this.#passNested();
      return { kind: 'deep', text: text.slice(start, this.#at) };
    }
    this.#at += 1;
    if (first === OPEN_OBJECT) {
      const members = this.#members(depth + 1);
      return { kind: 'object', text: text.slice(start, this.#at), members };
    }
    const elements = this.#elements(depth + 1);
    return { kind: 'list', text: text.slice(start, this.#at), elements };
  }

  #members(depth: number): Map<string, JsonNode> {
    const members = new Map<string, JsonNode>();
    if (this.#takes(CLOSE_OBJECT)) return members;
    do {
      this.#space();
      const start = this.#at;
      this.#passString();
      const key = jsonString(this.#text.slice(start, this.#at));
      if (!this.#takes(COLON)) throw noJson();
      members.set(key, this.#value(depth));
    } while (this.#takes(COMMA));
    if (!this.#takes(CLOSE_OBJECT)) throw noJson();
    return members;
  }

  #elements(depth: number): JsonNode[] {
    const elements: JsonNode[] = [];
    if (this.#takes(CLOSE_LIST)) return elements;
    do elements.push(this.#value(depth));
    while (this.#takes(COMMA));
    if (!this.#takes(CLOSE_LIST)) throw noJson();
    return elements;
  }

  /** Does not recurse, however deep it is. */
  #passNested(): void {
    const text = this.#text;
    let depth = 0;
    do {
      const code = text.charCodeAt(this.#at);
      if (code === QUOTE) {
        this.#passString();
        continue;
      }
      if (code === OPEN_OBJECT || code === OPEN_LIST) depth += 1;
      else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth -= 1;
      else if (Number.isNaN(code)) throw noJson();
      this.#at += 1;
    } while (depth > 0);
  }

  #passString(): void {
    const text = this.#text;
    if (text.charCodeAt(this.#at) !== QUOTE) throw noJson();
    let at = this.#at + 1;
    for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at)) {
      if (Number.isNaN(code)) throw noJson();
      at += code === BACKSLASH ? 2 : 1;
    }
    this.#at = at + 1;
  }

  /** A number, true, false or null. */
  #passWord(): void {
    const text = this.#text;
    const start = this.#at;
    while (isWord(text.charCodeAt(this.#at))) this.#at += 1;
    if (this.#at === start) throw noJson();
  }

  #takes(code: number): boolean {
    this.#space();
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at += 1;
    return true;
  }

  #space(): void {
    const text = this.#text;
    while (isSpace(text.charCodeAt(this.#at))) this.#at += 1;
  }
}

/** What a JSON string, given with its quotes, stands for. */
export function jsonString(text: string): string {
  if (!text.includes('\\')) return text.slice(1, -1);
  try {
    return String(JSON.parse(text));
  } catch {
    // The engine's error is not kept as the cause: it quotes the text.
    throw noJson();
  }
}

function noJson(): SyntaxError {
  return new SyntaxError('no JSON');
}
