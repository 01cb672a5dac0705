import { createHash } from 'node:crypto';
import { DeadLetterTable, type Kept } from '../database/dead-letters/dead-letter-table.ts';
import type { DeadLettersUnwritableError } from '../errors.ts';
import { formatLsn } from '../lsn.ts';
import type { LetterChanges, LetterKey } from './dead-letter.ts';

/** Some 10 MB. Beyond it every record may have a letter, which only costs a question per batch. */
const KEYS_MAX = 100_000;
/** Of a key that is kept as it is; of a longer one a digest. */
const KEY_LENGTH_MAX = 64;

export type DeadLettersOptions = {
  readonly url: string;
  readonly slot: string;
  readonly keysMax?: number;
  readonly changeTimeoutMs?: number;
};

/**
 * The rows of one slot that could not be indexed. The table is the truth; in memory is only enough of it to know without asking
 * that a record has no letter. To be used by the one who holds the slot.
 */
export class DeadLetters {
  readonly #table: DeadLetterTable;
  readonly #keysMax: number;
  readonly #keys = new Set<string>();
  /** There are more keys than are kept. */
  #isBeyond = false;
  /** A change failed, and may have been committed nevertheless. */
  #isUnsure = false;
  #counts: Kept['counts'] = new Map();
  #obstacle: DeadLettersUnwritableError | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #changes = 0;

  constructor(options: DeadLettersOptions) {
    this.#table = new DeadLetterTable(options);
    this.#keysMax = options.keysMax ?? KEYS_MAX;
  }

  /** Reads which records have letters. A missing table is no error here: `obstacle` says it. */
  async open(): Promise<void> {
    const { keys, counts, obstacle } = await this.#table.read(this.#keysMax + 1);
    this.#keys.clear();
    this.#isBeyond = false;
    this.#isUnsure = false;
    this.#counts = counts;
    this.#obstacle = obstacle;
    for (const key of keys) this.#remember(key);
  }

  /** Why a row could not be set aside, with the remedy, as of the last look or change; undefined when it could. */
  get obstacle(): DeadLettersUnwritableError | undefined {
    return this.#obstacle;
  }

  /** When it is true nobody needs to ask anything. */
  get isEmpty(): boolean {
    return this.#counts.size === 0 && !this.#isUnsure;
  }

  /** Whether `mayHold` is right about every record. */
  get isExact(): boolean {
    return !this.#isBeyond && !this.#isUnsure;
  }

  /** Letters of this slot, as of the last look or change. */
  get count(): number {
    return [...this.#counts.values()].reduce((sum, letters) => sum + letters, 0);
  }

  /** Another number after each change that was made here. */
  get changes(): number {
    return this.#changes;
  }

  /** False only when it has none. */
  mayHold(index: string, objectID: string): boolean {
    return !this.isEmpty && (this.#isBeyond || this.#isUnsure || this.#keys.has(keyOf({ index, objectID })));
  }

  mayHoldTable(table: string): boolean {
    return this.#isUnsure || this.#counts.has(table);
  }

  /**
   * In one transaction; one call after the other. Resolves when it is durable. Rejects with a DeadLettersUnwritableError when the
   * server refuses, with another Wal2AlgoliaError when it could not be asked; then nothing was changed, or all of it was.
   */
  apply(changes: LetterChanges): Promise<void> {
    const done = this.#turn.then(() => this.#apply(changes));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Forgets the letters whose record `isErased`; resolves with how many. What is remembered of their keys is harmless: better one too many. */
  erase(isErased: (table: string, record: string) => boolean): Promise<number> {
    const done = this.#turn.then(async () => {
      const { removed, counts } = await this.#table.erase(isErased);
      this.#counts = counts;
      return removed;
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async close(): Promise<void> {
    await this.#table.close();
  }

  async #apply({ settled, emptied, setAside }: LetterChanges): Promise<void> {
    const known = settled.filter(({ index, objectID }) => this.mayHold(index, objectID));
    const tables = emptied.filter((table) => this.mayHoldTable(table));
    if (known.length + tables.length + setAside.length === 0) return;
    try {
      this.#counts = await this.#table.change({
        settled: known,
        emptied: tables,
        setAside: setAside.map((letter) => ({
          ...letter,
          lsn: letter.lsn === undefined ? undefined : formatLsn(letter.lsn),
        })),
      });
    } catch (error) {
      this.#isUnsure = true;
      throw error;
    }
    this.#changes += 1;
    this.#obstacle = undefined;
    this.#isUnsure = false;
    for (const key of known) this.#keys.delete(keyOf(key));
    for (const { index, objectID } of setAside)
      if (objectID !== undefined) this.#remember({ index, objectID });
  }

  #remember(key: LetterKey): void {
    if (this.#isBeyond) return;
    this.#keys.add(keyOf(key));
    if (this.#keys.size <= this.#keysMax) return;
    this.#isBeyond = true;
    this.#keys.clear();
  }
}

function keyOf({ index, objectID }: LetterKey): string {
  const short =
    objectID.length <= KEY_LENGTH_MAX ? objectID : createHash('sha256').update(objectID).digest('base64');
  return `${index}\0${short}`;
}
