import { documentColumns } from '../config/columns.ts';
import type { TableConfig } from '../config/schema.ts';
import type { Attribute } from './attributes.ts';
import type { FreeForm } from './free-form.ts';
import { DOCUMENT_BYTES_MAX } from './path-encoder.ts';
import { Constant } from './slab.ts';
import { ANY_PART, type ValueEncoder } from './value-encoder.ts';

/** Room for what a text may lose beside its halving: the bounds of an array, quotes. */
const SHRINK_SLACK_BYTES = 256;

/**
 * One attribute, as the writer of records goes through them for every row. A class, because copies of objects made by `...` differ
 * for V8 in what their fields have held, and reading one of many such shapes takes ten times as long.
 */
export class RecordField implements Attribute {
  readonly name: string;
  readonly column: number;
  readonly key: Constant;
  readonly value: ValueEncoder;
  readonly freeForm: FreeForm | undefined;
  /** What is larger is measured no further. */
  readonly textBytesMax: number;
  /** All that stands there for NULL, the name included. */
  readonly whenNull: Constant;

  constructor(attribute: Attribute, recordBytesMax: number) {
    this.name = attribute.name;
    this.column = attribute.column;
    this.key = attribute.key;
    this.value = attribute.value;
    this.freeForm = attribute.freeForm;
    this.textBytesMax = textBytesMax(attribute.value, recordBytesMax);
    this.whenNull = new Constant(Buffer.concat([attribute.key.bytes, attribute.value.nullJson.bytes]));
  }
}

/** The largest text that may still become a value of a record. */
export function textBytesMax({ shrinks }: Pick<ValueEncoder, 'shrinks'>, recordBytesMax: number): number {
  // A small integer like all the others: for V8 the fields would differ otherwise.
  if (shrinks === ANY_PART) return DOCUMENT_BYTES_MAX;
  return shrinks === 1 ? recordBytesMax : shrinks * recordBytesMax + SHRINK_SLACK_BYTES;
}

/** The largest record that is made of a row: where a function of the user's has the last word, it may need more than is sent. */
export function encodedBytesMax(
  { transform }: Pick<TableConfig, 'transform'>,
  recordBytesMax: number,
): number {
  return transform === undefined ? recordBytesMax : Math.max(DOCUMENT_BYTES_MAX, recordBytesMax);
}

/** What a row may bring when it is read again: documents of which a part is wanted come whole. */
export function readBytesMax(
  table: Pick<TableConfig, 'attributes' | 'transform'>,
  recordBytesMax: number,
): number {
  return encodedBytesMax(table, recordBytesMax) + documentColumns(table).size * DOCUMENT_BYTES_MAX;
}
