import { ProtocolError } from '../errors.ts';
import type { Tuple } from '../replication/messages.ts';

/** What stands in place of a start offset; the values are those of `Tuple.locate`. */
export const NULL_START = -1;
export const UNCHANGED_START = -2;

/**
 * The columns of one tuple, found: column `c` is `bytes[spans[2c], spans[2c + 1])`, or has no text where the start is negative.
 * Made once per relation and filled again for every row.
 */
export class RowImage {
  readonly spans: Int32Array;
  bytes: Buffer = Buffer.alloc(0);
  readonly #columnCount: number;

  constructor(columnCount: number) {
    this.#columnCount = columnCount;
    this.spans = new Int32Array(2 * columnCount);
  }

  read(tuple: Tuple): void {
    if (tuple.columnCount !== this.#columnCount) {
      throw new ProtocolError(
        `a tuple of ${tuple.columnCount} columns, its relation has ${this.#columnCount}`,
      );
    }
    tuple.locate(this.spans);
    this.bytes = tuple.bytes;
  }

  /** Length of a column's text; 0 when it has none, whose end is left over from another row. */
  textBytes(column: number): number {
    const start = this.spans[2 * column] as number;
    return start < 0 ? 0 : (this.spans[2 * column + 1] as number) - start;
  }

  /** Takes columns that did not travel with the new image from the old one, as far as that `carries` them. */
  fill(old: RowImage, carries: (column: number) => boolean): void {
    for (let column = 0; column < this.#columnCount; column++) {
      if (this.spans[2 * column] !== UNCHANGED_START || !carries(column)) continue;
      const shift = this.#shiftOf(old);
      const start = old.spans[2 * column] as number;
      this.spans[2 * column] = start < 0 ? start : start + shift;
      this.spans[2 * column + 1] = (old.spans[2 * column + 1] as number) + shift;
    }
  }

  /** Both images of a change mostly lie in one message; where they do not, they are brought together. */
  #shiftOf(old: RowImage): number {
    if (old.bytes === this.bytes) return 0;
    const shift = this.bytes.length;
    this.bytes = Buffer.concat([this.bytes, old.bytes]);
    return shift;
  }
}
