import type { Mapping } from './attributes.ts';
import { compileLookedUp, type LookedUp } from './looked-up.ts';
import {
  appendNames,
  NAME_BYTES_MAX,
  NO_NAME,
  nullsLength,
  type ReferenceNames,
  type WantedName,
} from './reference-names.ts';
import { type RowImage, UNCHANGED_START } from './row-image.ts';
import type { Slab } from './slab.ts';
import type { Transaction } from './transaction.ts';

export type RecordNamesOptions = Mapping & {
  readonly slab: Slab;
  /** By the names of their lookups. */
  readonly lookups?: ReadonlyMap<string, ReferenceNames> | undefined;
};

/** The names that the records of one relation say beside ids. */
export class RecordNames {
  /** What they take at least, and at most. */
  readonly lengthMin: number;
  readonly lengthMax: number;
  readonly #slab: Slab;
  readonly #lookedUp: readonly LookedUp[];
  readonly #names: readonly ReferenceNames[];
  /** Of the row that is being written: filled anew for each. */
  readonly #ids: (string | undefined)[];
  readonly #jsons: string[];

  constructor({ slab, lookups, ...mapping }: RecordNamesOptions, lookedUp: readonly LookedUp[]) {
    this.#slab = slab;
    this.#lookedUp = lookedUp;
    this.#names = lookedUp.map(({ lookup }) => lookups?.get(lookup) ?? unknownTo(mapping, lookup));
    this.#ids = lookedUp.map(() => undefined);
    this.#jsons = lookedUp.map(() => NO_NAME);
    this.lengthMin = nullsLength(lookedUp);
    this.lengthMax = this.lengthMin + lookedUp.length * (NAME_BYTES_MAX - NO_NAME.length);
  }

  /** Whether the image carries every id. */
  isWhole({ spans }: RowImage): boolean {
    return this.#lookedUp.every(({ column }) => spans[2 * column] !== UNCHANGED_START);
  }

  /** Appends them where all are known, in at most `lengthMax` bytes of the record; else appends nothing and says what is wanted. */
  write(
    { bytes, spans }: RowImage,
    transaction: Transaction,
    lengthMax: number,
  ): readonly WantedName[] | undefined {
    let isKnown = true;
    for (let at = 0; at < this.#lookedUp.length; at++) {
      const { column, readId } = this.#lookedUp[at] as LookedUp;
      const start = spans[2 * column] as number;
      const id = start < 0 ? undefined : readId(bytes, start, spans[2 * column + 1] as number);
      const json = id === undefined ? NO_NAME : this.#names[at]?.find(id, transaction);
      this.#ids[at] = id;
      if (json === undefined) isKnown = false;
      else this.#jsons[at] = json;
    }
    if (!isKnown) return this.#wanted();
    appendNames(this.#slab, this.#lookedUp, this.#jsons, lengthMax);
    return undefined;
  }

  #wanted(): readonly WantedName[] {
    return this.#lookedUp.map(({ key }, at) => ({
      names: this.#names[at] as ReferenceNames,
      key,
      id: this.#ids[at],
    }));
  }
}

/** None for a table without lookups, whose rows then pay nothing for them. */
export function recordNames(options: RecordNamesOptions): RecordNames | undefined {
  const lookedUp = compileLookedUp(options);
  return lookedUp.length === 0 ? undefined : new RecordNames(options, lookedUp);
}

/** For a mapping that is only looked at: no record is written without its names because somebody forgot to give them. */
function unknownTo({ qualifiedName }: Pick<Mapping, 'qualifiedName'>, lookup: string): ReferenceNames {
  const fail = (): never => {
    throw new TypeError(`${qualifiedName} is encoded without its lookup "${lookup}"`);
  };
  return { table: '', key: '', find: fail, forget: fail, forgetAll: fail };
}
