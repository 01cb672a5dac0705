import type { Constant } from './slab.ts';

/** A pseudonym and its label, as JSON. */
export type MadePseudonym = { readonly id: Constant; readonly label: Constant };

/** Of each of the two halves. */
const HALF_BYTES_MAX = 2 * 1024 * 1024;
/** What an entry takes beside its text: the constants, their buffers and words, and its place in the map. */
const ENTRY_BYTES = 1_000;
const TEXT_LENGTH_MAX = 1_000;

/**
 * The pseudonyms that were made last: the same people act again and again, and making one takes microseconds. When the recent half is
 * full, the older one is forgotten.
 */
export class PseudonymCache {
  #recent = new Map<string, MadePseudonym>();
  #older = new Map<string, MadePseudonym>();
  #bytes = 0;

  get(text: string): MadePseudonym | undefined {
    const recent = this.#recent.get(text);
    if (recent !== undefined) return recent;
    const older = this.#older.get(text);
    if (older !== undefined) this.set(text, older);
    return older;
  }

  set(text: string, made: MadePseudonym): void {
    if (text.length > TEXT_LENGTH_MAX) return;
    this.#bytes += ENTRY_BYTES + 2 * text.length;
    if (this.#bytes > HALF_BYTES_MAX) {
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#bytes = ENTRY_BYTES + 2 * text.length;
    }
    this.#recent.set(text, made);
  }
}
