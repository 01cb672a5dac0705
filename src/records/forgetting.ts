import type { OldImage, Relation, Tuple } from '../replication/messages.ts';
import type { ChangeEncoder } from './followed.ts';
import type { ReferenceNames } from './reference-names.ts';
import { NULL_START, RowImage, UNCHANGED_START } from './row-image.ts';

/** What becomes of a reference table's changes beside its records, if it has any: the names of those rows are forgotten, in the order of the stream. */
export function forgetting(
  relation: Relation,
  references: readonly ReferenceNames[],
  encoder: ChangeEncoder,
): ChangeEncoder {
  const all = references.map((names) => new Forgetter(relation, names));
  return {
    insert: (change, transaction, into) => {
      for (const each of all) each.forget(change.new);
      encoder.insert(change, transaction, into);
    },
    update: (change, transaction, into) => {
      for (const each of all) each.update(change.old, change.new);
      encoder.update(change, transaction, into);
    },
    delete: (change, transaction, into) => {
      for (const each of all) each.forgetOld(change.old);
      encoder.delete(change, transaction, into);
    },
  };
}

class Forgetter {
  readonly #names: ReferenceNames;
  readonly #image: RowImage;
  /** -1 where the stream does not carry it. */
  readonly #column: number;
  /** Whether the old image says what the key was. */
  readonly #isIdentity: boolean;

  constructor({ columns }: Relation, names: ReferenceNames) {
    this.#names = names;
    this.#image = new RowImage(columns.length);
    this.#column = columns.findIndex(({ name }) => name === names.key);
    this.#isIdentity = columns[this.#column]?.isKey ?? false;
  }

  /** A row whose key is not known may be any; one without a key has no name. */
  forget(tuple: Tuple): void {
    const { spans } = this.#image;
    const at = this.#column;
    if (at !== -1) this.#image.read(tuple);
    const start = at === -1 ? UNCHANGED_START : (spans[2 * at] as number);
    if (start === UNCHANGED_START) this.#names.forgetAll();
    else if (start !== NULL_START)
      this.#names.forget(this.#image.bytes.toString('utf8', start, spans[2 * at + 1]));
  }

  forgetOld({ tuple }: OldImage): void {
    if (this.#isIdentity) this.forget(tuple);
    else this.#names.forgetAll();
  }

  /** Without an old image the identity is what it was, and the key with it only where it is part of that. */
  update(old: OldImage | undefined, tuple: Tuple): void {
    if (old !== undefined) this.forgetOld(old);
    else if (!this.#isIdentity) this.#names.forgetAll();
    this.forget(tuple);
  }
}
