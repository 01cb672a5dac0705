import { ProtocolError, RecordError } from '../errors.ts';
import { compileAttributes, constantAttributes, type Mapping } from './attributes.ts';
import type { ComputedAttribute, Input } from './computed-attribute.ts';
import { compileComputed } from './computed-attributes.ts';
import { jsonText } from './json-text.ts';
import type { ObjectId } from './object-id.ts';
import { RecordCut } from './record-cut.ts';
import { RecordField } from './record-field.ts';
import { type RecordNames, type RecordNamesOptions, recordNames } from './record-names.ts';
import type { WantedName } from './reference-names.ts';
import { type RowImage, UNCHANGED_START } from './row-image.ts';
import { Constant, type Slab } from './slab.ts';
import { type Transaction, WAL_BYTES_MAX } from './transaction.ts';
import { ANY_PART } from './value-encoder.ts';

const UPDATE_HEAD = new Constant('{"action":"updateObject","body":{"objectID":');
const DELETE_HEAD = new Constant('{"action":"deleteObject","body":{"objectID":');
/** All but `{"action":"updateObject","body":` and the brace that closes the operation is the body. */
const BODY_START = UPDATE_HEAD.bytes.indexOf('{"objectID"');
const END = new Constant('}}');
const NAMED_ATTRIBUTES = 3;

export type WriterOptions = Mapping &
  RecordNamesOptions & {
    /** Limit of a record: the bytes of its `body`. */
    readonly recordBytesMax: number;
    /** And of what a function makes of it. */
    readonly sentBytesMax?: number | undefined;
  };

/** Writes the rows of one relation into the slab, as the entries of a request. */
export class RecordWriter {
  readonly #slab: Slab;
  readonly #recordBytesMax: number;
  readonly #fields: readonly RecordField[];
  readonly #names: RecordNames | undefined;
  /** What is made of more than one column's value. */
  readonly #computed: readonly ComputedAttribute[];
  /** Of which the mapped part is made. */
  readonly #columns: readonly number[];
  /** What is the same in all records. */
  readonly #tail: Constant;
  /** Where records that are too large are cut. */
  readonly #cut: RecordCut | undefined;
  /** All of the body but names, the commit that brought it, and the brace that closes it. */
  readonly #mappedBytesMax: number;
  /** Of the record that was written last: its names, where they have to be read first. */
  wanted: readonly WantedName[] | undefined;

  /** Throws a ConfigError when the mapping does not fit the relation, an UnknownTypeError for a type that the catalog lacks. */
  constructor(options: WriterOptions) {
    const { slab, recordBytesMax, qualifiedName } = options;
    this.#slab = slab;
    this.#recordBytesMax = recordBytesMax;
    this.#fields = compileAttributes(options).map((attribute) => new RecordField(attribute, recordBytesMax));
    this.#computed = compileComputed(options);
    const inputs = this.#computed.flatMap((each) => each.inputs);
    this.#columns = [...new Set([...this.#fields, ...inputs].map(({ column }) => column))];
    this.#tail = new Constant(`${constantAttributes(options)},"source_table":${jsonText(qualifiedName)}`);
    const cuts = options.table.oversize === 'cut';
    this.#cut = cuts ? new RecordCut(slab, this.#fields) : undefined;
    this.#names = recordNames(options);
    // Where a record is cut must depend neither on the length of a transaction's number nor on names.
    this.#mappedBytesMax = recordBytesMax - (cuts ? WAL_BYTES_MAX : 0) - (this.#names?.lengthMin ?? 0);
  }

  /** Whether the image carries every attribute. Postgres leaves out a TOASTed value that an update did not touch. */
  isWhole(image: RowImage): boolean {
    const { spans } = image;
    for (const column of this.#columns) if (spans[2 * column] === UNCHANGED_START) return false;
    return this.#names?.isWhole(image) ?? true;
  }

  /** The record of a whole row; false when it is larger than a record may be. Throws a RecordError for a value that cannot be read. */
  update(image: RowImage, objectId: ObjectId, transaction: Transaction): boolean {
    const slab = this.#slab;
    slab.begin();
    slab.append(UPDATE_HEAD);
    objectId.write(slab);
    const { length } = slab;
    if (this.#attributes(image) && this.#end(transaction, image)) return true;
    if (this.#cut === undefined) return false;
    slab.takeBack(length);
    // These stay whole.
    if (!this.#compute(image)) return false;
    const room = this.#mappedBytesMax + BODY_START - slab.length - this.#tail.bytes.length;
    return this.#cut.write(image, room) && this.#end(transaction, image);
  }

  /** The body of a row that has no objectID; undefined when it is too large, did not come whole or cannot be read. Leaves nothing in the slab. */
  keyless(image: RowImage, transaction: Transaction): string | undefined {
    if (!this.isWhole(image)) return undefined;
    const slab = this.#slab;
    slab.begin();
    slab.append(UPDATE_HEAD);
    try {
      if (!this.#attributes(image) || !this.#end(transaction)) return undefined;
      // In front of every attribute stands a comma, the first one's in the place of the brace.
      const start = slab.recordStart + UPDATE_HEAD.bytes.length + 1;
      return `{${slab.bytes.toString('utf8', start, slab.position - 1)}`;
    } catch (error) {
      if (error instanceof RecordError) return undefined;
      throw error;
    } finally {
      slab.takeBack();
    }
  }

  delete(objectId: ObjectId): void {
    this.#slab.begin();
    this.#slab.append(DELETE_HEAD);
    objectId.write(this.#slab);
    this.#slab.append(END);
  }

  /** For messages: names and sizes, never values. Of a row that was read again, the largest values are there in part only. */
  largest(image: RowImage, isRead: boolean): string {
    const measured = [...this.#fields.map(measuredField), ...this.#computed.flatMap(measuredDocuments)];
    return measured
      .map(({ name, column, textBytesMax, isDocument }) => {
        const bytes = image.textBytes(column);
        const size = isRead && bytes > textBytesMax ? `more than ${textBytesMax}` : bytes;
        return { bytes, text: `"${name}"${isDocument ? ' in a document of' : ''} ${size}` };
      })
      .sort((one, other) => other.bytes - one.bytes)
      .slice(0, NAMED_ATTRIBUTES)
      .map(({ text }) => text)
      .join(', ');
  }

  #attributes(image: RowImage): boolean {
    const { bytes, spans } = image;
    const slab = this.#slab;
    const bytesMax = this.#mappedBytesMax + BODY_START;
    for (const field of this.#fields) {
      const start = spans[2 * field.column] as number;
      const end = spans[2 * field.column + 1] as number;
      if (start < 0) {
        if (start === UNCHANGED_START)
          throw new ProtocolError(`a row came without its column "${field.name}"`);
        slab.append(field.whenNull);
        continue;
      }
      if (end - start > field.textBytesMax) return false;
      slab.append(field.key);
      field.value.write(slab, bytes, start, end);
      if (slab.length > bytesMax) return false;
    }
    return this.#computed.length === 0 || this.#compute(image);
  }

  #compute(image: RowImage): boolean {
    const slab = this.#slab;
    for (const { key, inputs, write } of this.#computed) {
      for (const { column, textBytesMax } of inputs) {
        if (image.textBytes(column) > textBytesMax) return false;
      }
      slab.append(key);
      write(slab, image);
      if (slab.length > this.#mappedBytesMax + BODY_START) return false;
    }
    return true;
  }

  /** What an operation of so many bytes may come to with names. */
  namedBytesMax(length: number): number {
    return Math.min(this.#operationBytesMax, length + (this.#names?.lengthMax ?? 0));
  }

  get #operationBytesMax(): number {
    return this.#recordBytesMax + BODY_START + 1;
  }

  /** With the names for the row of the image. */
  #end(transaction: Transaction, image?: RowImage): boolean {
    const slab = this.#slab;
    slab.append(this.#tail);
    if (slab.length > this.#mappedBytesMax + BODY_START) return false;
    const lengthMax = this.#operationBytesMax;
    if (this.#names === undefined || image === undefined) {
      slab.append(transaction.wal);
      return slab.length <= lengthMax;
    }
    this.wanted = this.#names.write(image, transaction, lengthMax - transaction.wal.bytes.length);
    slab.append(transaction.wal);
    const names = this.wanted === undefined ? 0 : this.#names.lengthMin;
    return slab.length + names <= lengthMax;
  }
}

type Measured = Input & { readonly name: string; readonly isDocument: boolean };

function measuredField({ name, column, textBytesMax, value }: RecordField): Measured {
  return { name, column, textBytesMax, isDocument: value.shrinks === ANY_PART };
}

/** What a template is made of are attributes by themselves. */
function measuredDocuments({ name, inputs, areDocuments }: ComputedAttribute): readonly Measured[] {
  return areDocuments ? inputs.map((input) => ({ ...input, name, isDocument: true })) : [];
}
