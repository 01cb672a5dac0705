import type { Lookups, NamesByKey } from '../lookups/lookups.ts';
import { type Draft, isDraft, type Operation, type Step, type Unfinished } from '../records/operations.ts';
import { appendNames, NO_NAME, type ReferenceNames, type WantedName } from '../records/reference-names.ts';
import { Slab } from '../records/slab.ts';

type Names = Extract<Unfinished, { readonly kind: 'names' }>;

/** Puts the names into drafts that want them. What nothing else is left to do to is an update then. */
export class NameFiller {
  readonly #lookups: Pick<Lookups, 'read'>;
  readonly #slab = new Slab();

  constructor(lookups: Pick<Lookups, 'read'>) {
    this.#lookups = lookups;
  }

  /** In the order of `steps`; one reading for all of them. The bytes are valid until names are filled in again. */
  async fill(steps: readonly Step[]): Promise<readonly Step[]> {
    const drafts = steps.filter(isDraft).filter((draft) => namesOf(draft) !== undefined);
    if (drafts.length === 0) return steps;
    this.#slab.release(this.#slab.bytes);
    const known = new Known();
    for (const draft of drafts) for (const wanted of namesOf(draft)?.wanted ?? []) known.look(wanted, draft);
    if (known.missing.size > 0) known.read = await this.#lookups.read(known.missing);
    return steps.map((step) => {
      const names = isDraft(step) ? namesOf(step) : undefined;
      return isDraft(step) && names !== undefined ? this.#write(step, names, known) : step;
    });
  }

  #write(draft: Draft, { wanted, bytesMax }: Names, known: Known): Operation | Draft {
    const { table, index, objectID, bytes, start, end, transaction } = draft;
    const slab = this.#slab;
    const { wal } = transaction;
    slab.begin();
    slab.appendRange(bytes, start, end - wal.bytes.length);
    appendNames(
      slab,
      wanted,
      wanted.map((each) => known.json(each)),
      bytesMax - wal.bytes.length,
    );
    slab.append(wal);
    const place = { bytes: slab.bytes, start: slab.recordStart, end: slab.position };
    const unfinished = draft.unfinished.filter(({ kind }) => kind !== 'names');
    if (unfinished.length > 0) return { ...draft, ...place, unfinished };
    return { kind: 'update', table, index, objectID, ...place };
  }
}

/** What is known of the names that one batch wants. */
class Known {
  readonly missing = new Map<ReferenceNames, Set<string>>();
  read: NamesByKey = new Map();
  readonly #remembered = new Map<ReferenceNames, Map<string, string>>();

  /** Others may have been read since the draft was made. They may be gone again by the time that it is written. */
  look({ names, id }: WantedName, { transaction }: Draft): void {
    if (id === undefined) return;
    const json = names.find(id, transaction);
    if (json === undefined) at(this.missing, names, () => new Set<string>()).add(id);
    else at(this.#remembered, names, () => new Map<string, string>()).set(id, json);
  }

  json({ names, id }: WantedName): string {
    if (id === undefined) return NO_NAME;
    const json = this.read.get(names)?.get(id) ?? this.#remembered.get(names)?.get(id);
    if (json === undefined) throw new TypeError(`a name of ${names.table} was not read`);
    return json;
  }
}

function namesOf({ unfinished }: Draft): Names | undefined {
  return unfinished.find((each) => each.kind === 'names');
}

function at<K, V>(map: Map<K, V>, key: K, made: () => V): V {
  const there = map.get(key);
  if (there !== undefined) return there;
  const value = made();
  map.set(key, value);
  return value;
}
