import { RecordError } from '../errors.ts';
import { isSpace, isWord } from './json-codes.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const LOWER_N = 0x6e;
const ABSENT = -1;

type Part = { readonly key: Buffer; readonly name: string; readonly position: number };

/**
 * Finds the value that stands at a path of keys and positions in a JSON text, and makes no JavaScript values of it. Looks at no byte more
 * often than the path has parts, and does not recurse. Of a key that an object holds twice the last one counts, as in Postgres.
 */
export class JsonPath {
  /** Of the value found last. */
  start = 0;
  end = 0;
  readonly #parts: readonly Part[];
  readonly #subject: string;
  #source: Uint8Array = Buffer.alloc(0);
  #stop = 0;

  /** `subject` names the attribute in errors. */
  constructor(path: string, subject: string) {
    this.#subject = subject;
    this.#parts = path.split('.').map((name) => ({
      name,
      key: Buffer.from(name),
      position: /^(0|[1-9]\d{0,8})$/.test(name) ? Number(name) : ABSENT,
    }));
  }

  /** Whether there is one other than null in `source[start, end)`. Throws a RecordError where that is no JSON. */
  find(source: Uint8Array, start: number, end: number): boolean {
    this.#source = source;
    this.#stop = end;
    let at = this.#space(start);
    for (const part of this.#parts) {
      const first = this.#byte(at);
      if (first === OPEN_OBJECT) at = this.#member(at + 1, part);
      else if (first === OPEN_LIST) at = this.#element(at + 1, part.position);
      else at = ABSENT;
      if (at === ABSENT) return false;
    }
    this.start = at;
    this.end = this.#pass(at);
    return source[at] !== LOWER_N;
  }

  #member(first: number, part: Part): number {
    let found = ABSENT;
    let at = this.#space(first);
    if (this.#byte(at) === CLOSE_OBJECT) return found;
    for (;;) {
      const key = at;
      at = this.#passString(at);
      const isIt = this.#isKey(key + 1, at - 1, part);
      at = this.#space(this.#expect(this.#space(at), COLON));
      if (isIt) found = at;
      at = this.#space(this.#pass(at));
      if (this.#byte(at) === CLOSE_OBJECT) return found;
      at = this.#space(this.#expect(at, COMMA));
    }
  }

  #element(first: number, position: number): number {
    let at = this.#space(first);
    if (position === ABSENT || this.#byte(at) === CLOSE_LIST) return ABSENT;
    for (let passed = 0; passed < position; passed++) {
      at = this.#space(this.#pass(at));
      if (this.#byte(at) === CLOSE_LIST) return ABSENT;
      at = this.#space(this.#expect(at, COMMA));
    }
    return at;
  }

  /** Escapes are rare in keys: only one that has some becomes a text. */
  #isKey(start: number, end: number, { key, name }: Part): boolean {
    const source = this.#source;
    let isEqual = end - start === key.length;
    for (let at = start; at < end; at++) {
      if (source[at] === BACKSLASH) return this.#unescaped(start, end) === name;
      if (isEqual && source[at] !== key[at - start]) isEqual = false;
    }
    return isEqual;
  }

  #unescaped(start: number, end: number): unknown {
    try {
      return JSON.parse(Buffer.from(this.#source.subarray(start - 1, end + 1)).toString());
    } catch {
      // The engine's error is not kept as the cause: it quotes the key.
      throw this.#noJson();
    }
  }

  /** Where a value ends. */
  #pass(first: number): number {
    let at = first;
    let depth = 0;
    do {
      const byte = this.#byte(at);
      if (byte === QUOTE) at = this.#passString(at);
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        depth += 1;
        at += 1;
      } else if (depth > 0 && (byte === CLOSE_LIST || byte === CLOSE_OBJECT)) {
        depth -= 1;
        at += 1;
      } else if (depth > 0 && (byte === COMMA || byte === COLON || isSpace(byte))) at += 1;
      else at = this.#passWord(at);
    } while (depth > 0);
    return at;
  }

  #passString(first: number): number {
    let at = this.#expect(first, QUOTE);
    for (let byte = this.#byte(at); byte !== QUOTE; byte = this.#byte(at)) {
      if (byte === ABSENT) throw this.#noJson();
      at += byte === BACKSLASH ? 2 : 1;
    }
    return at + 1;
  }

  /** Behind a number, true, false or null. */
  #passWord(first: number): number {
    let at = first;
    while (isWord(this.#byte(at))) at++;
    if (at === first) throw this.#noJson();
    return at;
  }

  #space(first: number): number {
    let at = first;
    while (isSpace(this.#byte(at))) at++;
    return at;
  }

  #expect(at: number, byte: number): number {
    if (this.#byte(at) !== byte) throw this.#noJson();
    return at + 1;
  }

  #byte(at: number): number {
    return at < this.#stop ? (this.#source[at] as number) : ABSENT;
  }

  #noJson(): RecordError {
    return new RecordError('unreadable-value', `${this.#subject} has a path, and a value that is no JSON`);
  }
}
