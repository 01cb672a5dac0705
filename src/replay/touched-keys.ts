import type { Step } from '../records/operations.ts';

/** By the names of their tables. */
export type Keys = ReadonlyMap<string, ReadonlySet<string>>;

/** What a key takes in memory beside its text. */
const KEY_BYTES = 100;

/** The records whose rows were touched, each once as long as there is room. */
export class TouchedKeys {
  readonly #bytesMax: number;
  #keys = new Map<string, Set<string>>();
  #bytes = 0;
  /** Tables that were emptied. */
  readonly truncated = new Set<string>();
  /** Those in which something was touched. */
  transactions = 0;
  #isTouched = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax;
  }

  /** From here on whole transactions follow: of one that was not heard to its end all comes again. */
  begin(): void {
    this.#isTouched = false;
  }

  add(steps: readonly Step[]): void {
    for (const step of steps) {
      switch (step.kind) {
        case 'update':
        case 'delete':
        case 'draft':
        case 'refresh':
          this.#touch(step.table, step.objectID);
          break;
        case 'unfit':
          if (step.objectID !== undefined) this.#touch(step.table, step.objectID);
          break;
        case 'truncate':
          this.truncated.add(step.table);
          this.#isTouched = true;
          break;
        case 'position':
          if (this.#isTouched) this.transactions += 1;
          this.#isTouched = false;
          break;
        case 'unchanged':
          break;
      }
    }
  }

  /** Those that there are, which are forgotten here. */
  take(): Keys {
    const keys = this.#keys;
    this.#keys = new Map();
    this.#bytes = 0;
    return keys;
  }

  /** Those that were taken in vain. */
  putBack(keys: Keys): void {
    for (const [table, some] of keys) for (const objectID of some) this.#hold(table, objectID);
  }

  #touch(table: string, objectID: string): void {
    this.#isTouched = true;
    this.#hold(table, objectID);
  }

  #hold(table: string, objectID: string): void {
    let keys = this.#keys.get(table);
    if (keys === undefined) {
      keys = new Set();
      this.#keys.set(table, keys);
    }
    const before = keys.size;
    keys.add(objectID);
    if (keys.size > before) this.#bytes += KEY_BYTES + 2 * objectID.length;
  }
}
