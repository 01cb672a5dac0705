import { createHash } from 'node:crypto';

/** Of those whom rows name, most come again and again. */
const JUDGED_MAX = 10_000;
/** A longer text is judged anew each time rather than kept. */
const JUDGED_LENGTH_MAX = 100;

/**
 * By which an erased actor is known: the id itself is kept nowhere. Whoever reads the list may try ids, so it is for nobody who may not
 * read the tables; a key would be worse, since the erased would come back with another one.
 */
export function actorDigest(actor: string): string {
  return createHash('sha256').update('wal2algolia erased actor\0').update(actor).digest('hex');
}

/** Whose rows get no record. Shared by everything that makes records, and replaced whenever the list in the database changes. */
export class ErasedActors {
  #digests: ReadonlySet<string> = new Set();
  readonly #judged = new Map<string, boolean>();

  get isEmpty(): boolean {
    return this.#digests.size === 0;
  }

  replace(digests: Iterable<string>): void {
    this.#digests = new Set(digests);
    this.#judged.clear();
  }

  has(actor: string): boolean {
    const known = this.#judged.get(actor);
    if (known !== undefined) return known;
    const isErased = this.#digests.has(actorDigest(actor));
    if (actor.length > JUDGED_LENGTH_MAX) return isErased;
    if (this.#judged.size >= JUDGED_MAX) this.#judged.clear();
    this.#judged.set(actor, isErased);
    return isErased;
  }
}

/** The text of an actor as a record holds it; undefined for what is nobody. */
export function actorText(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
