import { Constant, type Slab } from './slab.ts';

/** Writes the JSON of one value, given as Postgres's text in `source[start, end)`. */
export type ValueWriter = (slab: Slab, source: Uint8Array, start: number, end: number) => void;

export type ValueEncoder = {
  readonly write: ValueWriter;
  /** The JSON of NULL. */
  readonly nullJson: Constant;
  /** How many times shorter than its text the JSON can be: what is still larger than a record after that needs no reading. */
  readonly shrinks: number;
};

/** In place of such a factor, where the value is a part of the text, however large that is. */
export const ANY_PART = Number.MAX_SAFE_INTEGER;

export const NULL_JSON = new Constant('null');

export function plainEncoder(write: ValueWriter): ValueEncoder {
  return { write, nullJson: NULL_JSON, shrinks: 1 };
}

/** The text is JSON already: numbers, json and jsonb. */
export const writeUntouched: ValueWriter = (slab, source, start, end) => slab.appendRange(source, start, end);

export function writeNull(slab: Slab): void {
  slab.append(NULL_JSON);
}
