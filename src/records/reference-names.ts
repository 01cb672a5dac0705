import type { Constant, Slab } from './slab.ts';
import type { Transaction } from './transaction.ts';

/** The names of one reference table, as far as they are remembered. Keys are the texts of ids. */
export type ReferenceNames = {
  /** Configured name of the table, and its column that holds the ids. */
  readonly table: string;
  readonly key: string;
  /** The JSON of a name for the record of a transaction, `null` where there is none; undefined when it has to be read. */
  find(key: string, transaction: Transaction): string | undefined;
  /** The row with this key was changed. */
  forget(key: string): void;
  forgetAll(): void;
};

/** A name in a record that has to be read. */
export type WantedName = {
  readonly names: ReferenceNames;
  /** `,"<attribute>":` */
  readonly key: Constant;
  /** Undefined where the row has none. */
  readonly id: string | undefined;
};

export const NO_NAME = 'null';

/** What a name may have in a record, quotes included: no row of a reference table can blow up the records of others. */
export const NAME_BYTES_MAX = 500;

/**
 * Appends names as attributes, as long as the record has room for them in `lengthMax` bytes, with the nulls of those that follow; the
 * others are null. So a row is never refused because of the names that others gave.
 */
export function appendNames(
  slab: Slab,
  wanted: readonly Pick<WantedName, 'key'>[],
  jsons: readonly string[],
  lengthMax: number,
): void {
  let nulls = nullsLength(wanted);
  for (let at = 0; at < wanted.length; at++) {
    const { key } = wanted[at] as WantedName;
    const json = jsons[at] as string;
    nulls -= key.bytes.length + NO_NAME.length;
    slab.append(key);
    const { length } = slab;
    slab.appendText(json);
    if (slab.length + nulls <= lengthMax) continue;
    slab.takeBack(length);
    slab.appendText(NO_NAME);
  }
}

/** What they take at least. */
export function nullsLength(wanted: readonly Pick<WantedName, 'key'>[]): number {
  let length = 0;
  for (const { key } of wanted) length += key.bytes.length + NO_NAME.length;
  return length;
}
