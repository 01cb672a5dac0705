import { ProtocolError } from '../errors.ts';
import { COLUMN_NULL } from './messages.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_LIST = 0x5b;
export const CLOSE_LIST = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;
const LOWER_F = 0x66;
const LOWER_U = 0x75;

/** What stands for itself behind a backslash, and what stands for a control character. https://www.rfc-editor.org/rfc/rfc8259#section-7 */
const ESCAPED: ReadonlyMap<number, number> = new Map(
  [...'""\\\\//b\bf\fn\nr\rt\t'.matchAll(/(.)(.)/gs)].map(([, mark = '', meant = '']) => [
    mark.charCodeAt(0),
    meant.charCodeAt(0),
  ]),
);

/**
 * Reads JSON without white space, value by value, and makes no JavaScript values of them: what is read lies between `start` and `end`.
 * Strings are unescaped where they stand, so `bytes` are written to, and each place is read once. Throws a ProtocolError.
 */
export class JsonScanner {
  readonly bytes: Buffer;
  position: number;
  /** Of the text read last; COLUMN_NULL for null. */
  start = 0;
  end = 0;

  constructor(bytes: Buffer, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  expect(byte: number): void {
    if (!this.skip(byte)) throw this.unexpected();
  }

  /** Whether `byte` comes next; then it is passed. */
  skip(byte: number): boolean {
    if (this.bytes[this.position] !== byte) return false;
    this.position += 1;
    return true;
  }

  /** The name of an object's next member; undefined at the object's end. Everything before it has been read. */
  key(): string | undefined {
    if (this.skip(CLOSE_OBJECT)) return undefined;
    if (!this.skip(OPEN_OBJECT)) this.expect(COMMA);
    const name = this.text();
    this.expect(COLON);
    return name;
  }

  /** A string as a JavaScript string. */
  text(): string {
    this.#string();
    return this.bytes.toString('utf8', this.start, this.end);
  }

  /** A string, a number as it stands, a boolean as Postgres's `t` or `f`, or null. */
  scalar(): void {
    const first = this.bytes[this.position];
    if (first === QUOTE) {
      this.#string();
      return;
    }
    this.start = this.position;
    this.position = this.#endOfWord();
    if (first === LOWER_N) this.start = COLUMN_NULL;
    this.end = first === LOWER_T || first === LOWER_F ? this.start + 1 : this.position;
  }

  /** Passes a value and reads nothing of it. */
  pass(): void {
    let depth = 0;
    do {
      const byte = this.bytes[this.position];
      if (byte === QUOTE) this.#passString();
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth += 1;
      else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth -= 1;
      else if (byte !== COMMA && byte !== COLON) this.position = this.#endOfWord() - 1;
      this.position += 1;
    } while (depth > 0);
  }

  unexpected(): ProtocolError {
    return new ProtocolError(
      `a wal2json message of ${this.bytes.length} bytes cannot be read at byte ${this.position}`,
    );
  }

  #string(): void {
    const { bytes } = this;
    this.expect(QUOTE);
    this.start = this.position;
    let at = this.position;
    let byte = bytes[at];
    while (byte !== QUOTE && byte !== BACKSLASH && byte !== undefined) byte = bytes[++at];
    this.position = at;
    this.end = at;
    while (!this.skip(QUOTE)) {
      const next = bytes[this.position];
      if (next === undefined) throw this.unexpected();
      if (next === BACKSLASH) {
        this.#escape();
      } else {
        bytes[this.end++] = next;
        this.position += 1;
      }
    }
  }

  /** Unescaped text is never longer than its escape. */
  #escape(): void {
    const mark = this.bytes[this.position + 1] ?? 0;
    const meant = ESCAPED.get(mark);
    if (meant !== undefined) {
      this.bytes[this.end++] = meant;
      this.position += 2;
      return;
    }
    if (mark !== LOWER_U) throw this.unexpected();
    const unit = this.#codeUnit();
    const isHigh = unit >= 0xd800 && unit < 0xdc00;
    const text = String.fromCharCode(unit, ...(isHigh ? [this.#codeUnit()] : []));
    // Half a pair is no character.
    if (/\p{Surrogate}/u.test(text)) throw this.unexpected();
    this.end += this.bytes.write(text, this.end);
  }

  /** The four hexadecimal digits behind `\u`. */
  #codeUnit(): number {
    const text = this.bytes.toString('latin1', this.position, this.position + 6);
    if (!/^\\u[0-9a-f]{4}$/i.test(text)) throw this.unexpected();
    this.position += text.length;
    return Number.parseInt(text.slice(2), 16);
  }

  /** Leaves the position at the closing quote. */
  #passString(): void {
    const { bytes } = this;
    let at = this.position + 1;
    while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    this.position = at;
  }

  /** Behind a number, true, false or null. */
  #endOfWord(): number {
    const { bytes } = this;
    let at = this.position;
    for (let byte = bytes[at]; isWord(byte); byte = bytes[++at]);
    if (at === this.position) throw this.unexpected();
    return at;
  }
}

/** Digits, letters, `+`, `-` and `.`. */
function isWord(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const letter = byte | 0x20;
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (letter >= 0x61 && letter <= 0x7a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  );
}
