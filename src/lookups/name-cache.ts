import { isVisible, type Snapshot } from '../database/snapshot.ts';

/** What an entry takes beside its texts. */
const ENTRY_BYTES = 200;

/** What was read of one key. */
export type Remembered = {
  /** Of the name; `null` for none. */
  readonly json: string;
  /**
   * Undefined for what holds for every transaction. That there is no row holds only for those that were visible when it was looked for:
   * any other may have brought the row itself.
   */
  readonly seenBy: Snapshot | undefined;
  /** By the same clock as `nowMs`. */
  readonly untilMs: number;
};

export type CacheLimits = { readonly rowsMax: number; readonly bytesMax: number };

/**
 * Names by key, in two generations: when the younger one is half of what may be held, the elder one goes, and with it all that was not
 * asked for since. That keeps what is used, as an order of use would, and costs less to ask.
 */
export class NameCache {
  readonly #limits: CacheLimits;
  #young = new Map<string, Remembered>();
  #old = new Map<string, Remembered>();
  #youngBytes = 0;
  /** What was forgotten since a reading began, while there is one: what it brings of that may be older. */
  #forgotten: Set<string> | undefined;
  #allForgotten = false;

  constructor(limits: CacheLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** For a record of the transaction with this xid; undefined when it has to be read. */
  find(key: string, xid: number, nowMs: number): string | undefined {
    const young = this.#young.get(key);
    const found = young ?? this.#old.get(key);
    if (found === undefined) return undefined;
    if (nowMs >= found.untilMs || (found.seenBy !== undefined && !isVisible(xid, found.seenBy)))
      return undefined;
    if (young === undefined) this.#add(key, found);
    return found.json;
  }

  /** What is forgotten from here on is not remembered before the reading ends. */
  startReading(): void {
    this.#forgotten = new Set();
    this.#allForgotten = false;
  }

  endReading(): void {
    this.#forgotten = undefined;
    this.#allForgotten = false;
  }

  remember(key: string, read: Remembered): void {
    if (this.#allForgotten || this.#forgotten?.has(key)) return;
    this.#add(key, read);
  }

  forget(key: string): void {
    this.#forgetOne(key);
    if (this.#forgotten === undefined || this.#allForgotten) return;
    if (this.#forgotten.size < this.#limits.rowsMax) this.#forgotten.add(key);
    else this.#allForgotten = true;
  }

  forgetAll(): void {
    this.#old = new Map();
    this.#young = new Map();
    this.#youngBytes = 0;
    this.#allForgotten = this.#forgotten !== undefined;
  }

  #add(key: string, read: Remembered): void {
    this.#forgetOne(key);
    const bytes = weight(key, read);
    const { rowsMax, bytesMax } = this.#limits;
    if (2 * (this.#young.size + 1) > rowsMax || 2 * (this.#youngBytes + bytes) > bytesMax) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(key, read);
    this.#youngBytes += bytes;
  }

  #forgetOne(key: string): void {
    this.#old.delete(key);
    const young = this.#young.get(key);
    if (young === undefined) return;
    this.#young.delete(key);
    this.#youngBytes -= weight(key, young);
  }
}

/** A unit of UTF-16 has two bytes at most. */
function weight(key: string, { json }: Remembered): number {
  return ENTRY_BYTES + 2 * (key.length + json.length);
}
