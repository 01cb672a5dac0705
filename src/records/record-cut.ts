import { jsonText, writeJsonTextStart } from './json-text.ts';
import type { RecordField } from './record-field.ts';
import type { RowImage } from './row-image.ts';
import { Constant, type Slab } from './slab.ts';
import { NULL_JSON } from './value-encoder.ts';

/** Names of attributes that begin with `_` are reserved, so no column has this one. */
const CUT_HEAD = new Constant(',"_cut":[');
const CUT_END = new Constant(']');
const COMMA = 0x2c;
/** Whatever is this short stays whole: names, states, addresses. */
const CUT_BYTES_MIN = 200;

/** Its bytes in the record now, and when it is cut at a length. */
type Measured = { readonly field: RecordField; readonly nameBytes: number; length: number };

/**
 * Attributes of a row that does not fit: all free-form ones that are longer than a certain length are cut at it, the greatest with which
 * the record fits, and `_cut` names them. What comes out depends on the row and the configuration alone, so that a row which is
 * read again gives the same record as the change that brought it.
 */
export class RecordCut {
  readonly #slab: Slab;
  readonly #measured: readonly Measured[];
  readonly #byName: readonly Measured[];

  constructor(slab: Slab, fields: readonly RecordField[]) {
    this.#slab = slab;
    this.#measured = fields.map((field) => ({
      field,
      nameBytes: Buffer.byteLength(jsonText(field.name)) + 1,
      length: 0,
    }));
    this.#byName = [...this.#measured].sort((one, other) => (one.field.name < other.field.name ? -1 : 1));
  }

  /** Appends the attributes and `_cut`, in at most so many bytes; false when that cannot be. Throws a RecordError for a value that cannot be read. */
  write(image: RowImage, bytesMax: number): boolean {
    for (const measured of this.#measured) measured.length = this.#measure(measured.field, image);
    const cutAt = this.#cutAt(bytesMax - CUT_HEAD.bytes.length);
    if (cutAt === undefined) return false;
    const { bytes, spans } = image;
    for (const measured of this.#measured) {
      const { column, key, freeForm, value } = measured.field;
      const [start, end] = [spans[2 * column] as number, spans[2 * column + 1] as number];
      this.#slab.append(key);
      if (start < 0) this.#slab.append(value.nullJson);
      else if (!isCut(measured, cutAt)) value.write(this.#slab, bytes, start, end);
      else if (freeForm === 'text') writeJsonTextStart(this.#slab, bytes, start, end, cutAt);
      else this.#slab.append(NULL_JSON);
    }
    this.#writeNames(cutAt);
    return true;
  }

  /** A value is written to be measured, and taken back. */
  #measure({ column, key, value, textBytesMax }: RecordField, { bytes, spans }: RowImage): number {
    const [start, end] = [spans[2 * column] as number, spans[2 * column + 1] as number];
    if (start >= 0 && end - start > textBytesMax) return Number.POSITIVE_INFINITY;
    const slab = this.#slab;
    const before = slab.length;
    slab.append(key);
    if (start < 0) slab.append(value.nullJson);
    else value.write(slab, bytes, start, end);
    const { length } = slab;
    slab.takeBack(before);
    return length - before - key.bytes.length;
  }

  /** The total never shrinks when the length grows, so the greatest that fits is found by halving. */
  #cutAt(bytesMax: number): number | undefined {
    if (this.#total(CUT_BYTES_MIN) > bytesMax) return undefined;
    let [fits, tooMuch] = [CUT_BYTES_MIN, bytesMax + 1];
    while (tooMuch - fits > 1) {
      const middle = (fits + tooMuch) >> 1;
      if (this.#total(middle) <= bytesMax) fits = middle;
      else tooMuch = middle;
    }
    return fits;
  }

  #total(cutAt: number): number {
    let total = 0;
    for (const measured of this.#measured) {
      const { field, length } = measured;
      total += field.key.bytes.length + (isCut(measured, cutAt) ? cutLength(measured, cutAt) : length);
    }
    return total;
  }

  #writeNames(cutAt: number): void {
    const slab = this.#slab;
    slab.append(CUT_HEAD);
    let isFirst = true;
    for (const measured of this.#byName) {
      if (!isCut(measured, cutAt)) continue;
      if (!isFirst) slab.appendByte(COMMA);
      isFirst = false;
      const { bytes } = measured.field.key;
      // `,"<name>":` without the comma and the colon.
      slab.appendRange(bytes, 1, bytes.length - 1);
    }
    slab.append(CUT_END);
  }
}

/** Only where that saves something, its name in `_cut` included: otherwise the total would grow again. */
function isCut(measured: Measured, cutAt: number): boolean {
  const { field, length } = measured;
  return field.freeForm !== undefined && length > cutAt && length > cutLength(measured, cutAt);
}

function cutLength({ field, nameBytes }: Measured, cutAt: number): number {
  return nameBytes + (field.freeForm === 'text' ? cutAt : NULL_JSON.bytes.length);
}
