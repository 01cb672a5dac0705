import type { TableConfig } from '../config/schema.ts';
import type { Relation } from '../replication/messages.ts';
import { columnIndex, mappingError, missingColumn, type Problem } from './attributes.ts';
import { readDigits } from './calendar.ts';
import { writeJsonText } from './json-text.ts';
import { NULL_START, type RowImage, UNCHANGED_START } from './row-image.ts';
import type { Slab } from './slab.ts';

const PERCENT = 0x25;
const COLON = 0x3a;
const PERCENT_ENCODED = Buffer.from('%25');
const COLON_ENCODED = Buffer.from('%3A');
/** int2, int4, oid, int8: Postgres prints their shortest decimal form, which JavaScript prints as well up to 15 digits. */
const INTEGER_OIDS = new Set([20, 21, 23, 26]);
const EXACT_DIGITS = 15;
const MINUS = 0x2d;

type Options = {
  readonly relation: Relation;
  readonly table: TableConfig;
  readonly qualifiedName: string;
  readonly recordBytesMax: number;
};

/**
 * Reads objectIDs: the prefix and the key columns' text; of several columns, each part with `%` and `:` percent-encoded, joined
 * by `:`. Holds the one read last, to be written.
 */
export class ObjectId {
  readonly columns: readonly number[];
  readonly #options: Options;
  readonly #prefix: string;
  readonly #prefixBytes: number;
  readonly #isInteger: boolean;
  #bytes: Buffer;
  #length = 0;

  /** Throws a ConfigError when a column is missing or named twice. */
  constructor(options: Options) {
    const { relation, table, qualifiedName } = options;
    this.columns = table.objectID.map((name) => columnIndex(relation, name));
    const problems: Problem[] = table.objectID
      .filter((_, index) => this.columns[index] === -1)
      .map((name) => missingColumn(relation, name, 'objectID'));
    if (new Set(table.objectID).size < table.objectID.length) {
      problems.push({
        message: 'objectID names a column twice',
        remedy: 'name each column of objectID once',
      });
    }
    if (problems.length > 0) throw mappingError(qualifiedName, problems);
    this.#options = options;
    this.#prefix = table.objectIDPrefix ?? '';
    this.#bytes = Buffer.from(this.#prefix);
    this.#prefixBytes = this.#bytes.length;
    const [first = -1] = this.columns;
    this.#isInteger = this.columns.length === 1 && INTEGER_OIDS.has(relation.columns[first]?.typeOid ?? 0);
  }

  /** Undefined when a part is NULL or did not travel, or the whole is empty or larger than a record; `missing` says which. */
  read(image: RowImage): string | undefined {
    this.#length = this.#prefixBytes;
    const isComposite = this.columns.length > 1;
    for (let index = 0; index < this.columns.length; index++) {
      const column = this.columns[index] as number;
      const start = image.spans[2 * column] as number;
      const end = image.spans[2 * column + 1] as number;
      if (start < 0 || end - start > this.#options.recordBytesMax) return undefined;
      if (this.#isInteger && end - start <= EXACT_DIGITS) {
        this.#append(image.bytes, start, end, false);
        return this.#prefix + integer(image.bytes, start, end);
      }
      if (index > 0) this.#bytes[this.#length++] = COLON;
      this.#append(image.bytes, start, end, isComposite);
    }
    if (this.#length === 0) return undefined;
    return this.#bytes.toString('utf8', 0, this.#length);
  }

  /** Why an image has no objectID, without a word of its values. */
  missing(image: RowImage): string {
    for (const [index, column] of this.columns.entries()) {
      const name = this.#options.table.objectID[index];
      const start = image.spans[2 * column];
      if (start === NULL_START) return `has a part, column "${name}", that is NULL`;
      if (start === UNCHANGED_START) return `has a part, column "${name}", that did not travel`;
      if (image.textBytes(column) > this.#options.recordBytesMax) return 'is larger than a record may be';
    }
    return 'is empty';
  }

  /** In place of reading one: an objectID of this table, with its prefix. */
  take(objectID: string): void {
    const bytes = Buffer.from(objectID);
    this.#length = 0;
    this.#room(bytes.length);
    bytes.copy(this.#bytes);
    this.#length = bytes.length;
  }

  /** Writes the one read last as a JSON string. */
  write(slab: Slab): void {
    writeJsonText(slab, this.#bytes, 0, this.#length);
  }

  #append(source: Uint8Array, start: number, end: number, encode: boolean): void {
    // Three bytes for each, and one for the colon that may follow.
    this.#room(3 * (end - start) + 1);
    for (let offset = start; offset < end; offset++) {
      const byte = source[offset] as number;
      if (encode && (byte === PERCENT || byte === COLON)) {
        this.#bytes.set(byte === PERCENT ? PERCENT_ENCODED : COLON_ENCODED, this.#length);
        this.#length += 3;
      } else {
        this.#bytes[this.#length++] = byte;
      }
    }
  }

  #room(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#length + count));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** Cheaper than making a string of the bytes. */
function integer(source: Uint8Array, start: number, end: number): string {
  return String(
    source[start] === MINUS ? -readDigits(source, start + 1, end) : readDigits(source, start, end),
  );
}

/**
 * The texts of the key columns that an objectID was made of, in their order; undefined when it cannot be one of this table's.
 */
export function keyOf(objectID: string, table: TableConfig): readonly string[] | undefined {
  const prefix = table.objectIDPrefix ?? '';
  if (!objectID.startsWith(prefix) || objectID === '') return undefined;
  const text = objectID.slice(prefix.length);
  if (table.objectID.length === 1) return [text];
  const parts = text.split(':');
  if (parts.length !== table.objectID.length || /%(?!25|3A)/.test(text)) return undefined;
  return parts.map((part) => part.replaceAll('%3A', ':').replaceAll('%25', '%'));
}

/** Of those that can be one of the table's: what a sweep finds in an index may be called anything. */
export function keysOf(
  records: readonly { readonly objectID: string }[],
  table: TableConfig,
): readonly (readonly string[])[] {
  return records.map(({ objectID }) => keyOf(objectID, table)).filter((key) => key !== undefined);
}

/** The objectID of a row with these texts in the key columns, in the order of the configuration. */
export function objectIDOf(key: readonly string[], { objectID, objectIDPrefix = '' }: TableConfig): string {
  const encoded =
    objectID.length === 1 ? key : key.map((part) => part.replaceAll('%', '%25').replaceAll(':', '%3A'));
  return objectIDPrefix + encoded.join(':');
}
