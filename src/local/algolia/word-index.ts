import { Bitset } from './bitset.ts';
import { wordsOf } from './words.ts';

/** New words wait outside the sorted vocabulary until they are this part of it. */
const UNSORTED_SHARE = 8;

/** Which slots hold which word. Slots are pushed in ascending order. */
export class WordIndex {
  #slots = 0;
  /** A word of one slot only, as ids are, costs no array. */
  readonly #postings = new Map<string, number | number[]>();
  #sorted: string[] = [];
  #unsorted: string[] = [];

  get slots(): number {
    return this.#slots;
  }

  push(texts: readonly string[]): void {
    const slot = this.#slots;
    this.#slots += 1;
    for (const text of texts) for (const word of wordsOf(text)) this.#add(word, slot);
  }

  withWord(word: string): Bitset {
    const found = new Bitset();
    this.#mark(word, found);
    return found;
  }

  withPrefix(prefix: string): Bitset {
    const found = new Bitset();
    this.#sortVocabulary();
    for (let place = this.#firstFrom(prefix); place < this.#sorted.length; place += 1) {
      const word = this.#sorted[place];
      if (word === undefined || !word.startsWith(prefix)) break;
      this.#mark(word, found);
    }
    for (const word of this.#unsorted) if (word.startsWith(prefix)) this.#mark(word, found);
    return found;
  }

  #add(word: string, slot: number): void {
    const posting = this.#postings.get(word);
    if (posting === undefined) {
      this.#postings.set(word, slot);
      this.#unsorted.push(word);
    } else if (typeof posting === 'number') {
      if (posting !== slot) this.#postings.set(word, [posting, slot]);
    } else if (posting.at(-1) !== slot) posting.push(slot);
  }

  #mark(word: string, found: Bitset): void {
    const posting = this.#postings.get(word);
    if (posting === undefined) return;
    if (typeof posting === 'number') found.add(posting);
    else for (const slot of posting) found.add(slot);
  }

  #sortVocabulary(): void {
    if (this.#unsorted.length * UNSORTED_SHARE <= this.#sorted.length) return;
    this.#sorted = this.#sorted.concat(this.#unsorted).sort();
    this.#unsorted = [];
  }

  #firstFrom(prefix: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] ?? '') < prefix) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
