import type { Unchanged } from '../records/operations.ts';
import type { Action } from './batch-work.ts';

/** How long a copy of a request whose outcome is unknown may still be on its way: what Algolia holds back longer it has refused before. */
const SETTLE_MS = 30_000;
/** More than that wait: they hold up the next write rather than take more memory. */
const KEYS_MAX = 50_000;

type Key = {
  readonly table: string;
  readonly index: string;
  readonly objectID: string;
  untilMs: number;
  /** Written again since: the late copy would be the older one. */
  changed: boolean;
  /** What came last took it away: without a row for it, it goes, whether deletes are followed or not. */
  isRemoval: boolean;
  /** Its refresh is on the way. */
  asked: boolean;
};

/** A record of which nothing is to be written. */
type UnchangedRecord = Unchanged & { readonly objectID: string };

export type UnsettledKey = Pick<Key, 'table' | 'index' | 'objectID' | 'isRemoval'>;

/**
 * Records in requests whose outcome stayed unknown. A late copy of one may land over a newer version, so those that are written again
 * are to be refreshed once no copy can come any more, and until then nothing is confirmed: whoever starts after a crash
 * writes them again. Outlives sessions, as such copies do, but not the process: its successor does not know which copies may still come.
 */
export class Unsettled {
  readonly #keys = new Map<string, Key>();
  /** Until when a late copy may clear an index, and with it whatever was written behind the first one. */
  readonly #clearings = new Map<string, number>();
  readonly #settleMs: number;
  #changed = 0;

  constructor(settleMs: number = SETTLE_MS) {
    this.#settleMs = settleMs;
  }

  /** Whether positions have to wait. */
  get holds(): boolean {
    return this.#changed > 0;
  }

  get isFull(): boolean {
    return this.#keys.size > KEYS_MAX;
  }

  /** Milliseconds until the next of them is settled; undefined when there is none. */
  dueInMs(nowMs: number): number | undefined {
    for (const { asked, untilMs } of this.#keys.values()) if (!asked) return Math.max(0, untilMs - nowMs);
    return undefined;
  }

  /** How long nothing else may be written to this index. */
  clearingInMs(index: string, nowMs: number): number {
    return Math.max(0, (this.#clearings.get(index) ?? nowMs) - nowMs);
  }

  /** A request with these may have been taken, or may be yet. */
  add(index: string, actions: readonly Action[], nowMs: number): void {
    for (const action of actions) {
      if (action.kind === 'truncate') {
        this.#clearings.set(index, nowMs + this.#settleMs);
        continue;
      }
      const { table, objectID } = action;
      const name = nameOf(index, objectID);
      const { changed = false, isRemoval = false } = this.#keys.get(name) ?? {};
      // Those that are due first stand first.
      this.#keys.delete(name);
      this.#keys.set(name, {
        table,
        index,
        objectID,
        untilMs: nowMs + this.#settleMs,
        changed,
        isRemoval,
        asked: false,
      });
    }
  }

  /**
   * To be called before the first attempt of a write; what it returns, once that is accepted. A write that began after the time was up
   * has the last word.
   */
  writing(index: string, written: readonly (Action | UnchangedRecord)[]): () => void {
    if (this.#keys.size === 0) return () => undefined;
    const settled: Key[] = [];
    for (const each of written) {
      for (const key of this.#touchedBy(index, each)) {
        if (each.kind !== 'unchanged') key.isRemoval = each.kind !== 'update';
        if (key.asked) settled.push(key);
        else if (!key.changed) {
          key.changed = true;
          this.#changed += 1;
        }
      }
    }
    return () => {
      for (const key of settled) this.#remove(key);
    };
  }

  /** Those whose time is up and that were written again, each once: they have to be refreshed. The others are forgotten. */
  due(nowMs: number): readonly UnsettledKey[] {
    const due: Key[] = [];
    for (const key of this.#keys.values()) {
      if (key.asked) continue;
      if (key.untilMs > nowMs) break;
      if (!key.changed) this.#remove(key);
      else {
        key.asked = true;
        due.push(key);
      }
    }
    return due;
  }

  /** A session is over, and with it the refreshes that were on their way. */
  askAgain(): void {
    for (const key of this.#keys.values()) key.asked = false;
  }

  #touchedBy(index: string, action: Action | UnchangedRecord): readonly Key[] {
    if (action.kind === 'truncate') {
      return [...this.#keys.values()].filter((key) => key.index === index && key.table === action.table);
    }
    const key = this.#keys.get(nameOf(index, action.objectID));
    return key === undefined ? [] : [key];
  }

  #remove(key: Key): void {
    const name = nameOf(key.index, key.objectID);
    if (this.#keys.get(name) !== key) return;
    this.#keys.delete(name);
    if (key.changed) this.#changed -= 1;
  }
}

function nameOf(index: string, objectID: string): string {
  return `${index}\0${objectID}`;
}
