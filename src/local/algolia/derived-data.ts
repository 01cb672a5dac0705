import { type Scalar, valuesAt, valuesBelow } from './attribute-values.ts';
import { FacetColumn } from './facet-column.ts';
import { NumberColumn } from './number-column.ts';
import type { RecordStore } from './record-store.ts';
import { WordIndex } from './word-index.ts';

/** Something that holds one entry per slot and is extended from parsed records. */
type Follower = { readonly slots: number; readonly push: (record: unknown) => void };

/**
 * What queries need of the records, built when a query first asks for it and extended by the slots filled since. Records are parsed
 * for this alone; their text stays in the store.
 */
export class DerivedData {
  readonly #store: RecordStore;
  readonly #searchable: readonly string[] | undefined;
  readonly #facets = new Map<string, FacetColumn>();
  readonly #numbers = new Map<string, NumberColumn>();
  #words: WordIndex | undefined;

  /** `searchable`: attribute names, or undefined for all. */
  constructor(store: RecordStore, searchable: readonly string[] | undefined) {
    this.#store = store;
    this.#searchable = searchable;
  }

  /** Brings the columns of these attributes, and the words if asked, up to the newest slot, reading each record once. */
  prepare(needs: { facets: Iterable<string>; numbers: Iterable<string>; words: boolean }): void {
    const followers: Follower[] = [];
    for (const name of new Set(needs.facets)) followers.push(follow(this.facet(name), name));
    for (const name of new Set(needs.numbers)) followers.push(follow(this.number(name), name));
    if (needs.words) followers.push(this.#followWords(this.words));
    const slots = this.#store.slots;
    const behind = followers.filter((follower) => follower.slots < slots);
    for (let slot = Math.min(...behind.map((follower) => follower.slots)); slot < slots; slot += 1) {
      const record = this.#store.alive.has(slot)
        ? JSON.parse(this.#store.record(slot).toString())
        : undefined;
      for (const follower of behind) if (follower.slots === slot) follower.push(record);
    }
  }

  facet(name: string): FacetColumn {
    return entry(this.#facets, name, () => new FacetColumn());
  }

  number(name: string): NumberColumn {
    return entry(this.#numbers, name, () => new NumberColumn());
  }

  get words(): WordIndex {
    this.#words ??= new WordIndex();
    return this.#words;
  }

  #followWords(words: WordIndex): Follower {
    const paths = this.#searchable?.map((name) => name.split('.'));
    return {
      get slots() {
        return words.slots;
      },
      push: (record) => words.push(searchableTexts(record, paths)),
    };
  }
}

function follow(column: FacetColumn | NumberColumn, name: string): Follower {
  const path = name.split('.');
  return {
    get slots() {
      return column.slots;
    },
    push: (record) => column.push(valuesAt(record, path)),
  };
}

function searchableTexts(record: unknown, paths: readonly string[][] | undefined): string[] {
  if (typeof record !== 'object' || record === null) return [];
  const values: Scalar[] =
    paths === undefined
      ? Object.entries(record).flatMap(([name, value]) => (name === 'objectID' ? [] : valuesBelow(value, [])))
      : paths.flatMap((path) => valuesBelow(record, path));
  return values.filter((value) => typeof value !== 'boolean').map(String);
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
