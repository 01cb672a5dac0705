import { CLOSE_LIST, CLOSE_OBJECT, COLON, COMMA, type JsonScanner, OPEN_LIST } from './json-scanner.ts';
import { COLUMN_NULL, type Tuple } from './messages.ts';
import { readHead } from './wal2json-head.ts';
import type { FoundColumn, Shape } from './wal2json-shape.ts';

const BYTEA_OID = 17;
const BACKSLASH = 0x5c;
const LOWER_X = 0x78;

/** The columns of one list of a message, in the order of the table: those whose value travelled. */
export type ColumnList = {
  readonly found: readonly FoundColumn[];
  /** Whether all of them are columns of the shape with which the list was read, in its order. */
  readonly isExpected: boolean;
};

/** Reads `columns` or `identity`. https://github.com/eulerto/wal2json#examples */
export function readColumns(scanner: JsonScanner, shape: Shape): ColumnList {
  const found: FoundColumn[] = [];
  let isExpected = true;
  let expected = 0;
  scanner.expect(OPEN_LIST);
  while (!scanner.skip(CLOSE_LIST)) {
    if (found.length > 0) scanner.expect(COMMA);
    let described = shape.passHead(scanner, expected);
    if (described === undefined) {
      described = readHead(scanner);
      isExpected &&= shape.learn(described) && shape.placeOf(described.name) >= expected;
    }
    expected = shape.placeOf(described.name) + 1 || expected;
    scanner.scalar();
    const { name, typeOid, typeModifier, head } = described;
    const start = typeOid === BYTEA_OID ? withPrefix(scanner) : scanner.start;
    found.push({ name, typeOid, typeModifier, head, start, end: scanner.end });
    while (scanner.skip(COMMA)) {
      scanner.text();
      scanner.expect(COLON);
      scanner.pass();
    }
    scanner.expect(CLOSE_OBJECT);
  }
  return { found, isExpected };
}

/** A bytea comes without Postgres's `\x`, for which the quote and the colon before the text make room. */
function withPrefix({ bytes, start }: JsonScanner): number {
  if (start === COLUMN_NULL) return start;
  bytes[start - 2] = BACKSLASH;
  bytes[start - 1] = LOWER_X;
  return start - 2;
}

/** A row image; its columns that are not among `found` are located as `absent`. */
export class Wal2JsonTuple implements Tuple {
  readonly bytes: Buffer;
  readonly #spans: Int32Array;

  constructor(bytes: Buffer, shape: Shape, found: readonly FoundColumn[], absent: number) {
    this.bytes = bytes;
    this.#spans = new Int32Array(2 * shape.columnCount).fill(absent);
    for (const { name, start, end } of found) {
      const place = shape.placeOf(name);
      this.#spans[2 * place] = start;
      this.#spans[2 * place + 1] = end;
    }
  }

  get columnCount(): number {
    return this.#spans.length / 2;
  }

  locate(into: Int32Array): void {
    into.set(this.#spans);
  }
}
