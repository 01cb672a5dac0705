/** A growing set of small integers. */
export class Bitset {
  #words = new Uint32Array(32);

  add(value: number): void {
    const word = value >>> 5;
    if (word >= this.#words.length) {
      const grown = new Uint32Array(Math.max(word + 1, this.#words.length * 2));
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (value & 31));
  }

  delete(value: number): void {
    const word = value >>> 5;
    const bits = this.#words[word];
    if (bits !== undefined) this.#words[word] = bits & ~(1 << (value & 31));
  }

  has(value: number): boolean {
    return ((this.#words[value >>> 5] ?? 0) & (1 << (value & 31))) !== 0;
  }

  /** Keeps what is in both. */
  intersect(other: Bitset): void {
    const words = this.#words;
    const others = other.#words;
    for (let word = 0; word < words.length; word += 1) words[word] = (words[word] ?? 0) & (others[word] ?? 0);
  }

  copy(): Bitset {
    const copy = new Bitset();
    copy.#words = this.#words.slice();
    return copy;
  }

  /** Ascending. */
  forEach(visit: (value: number) => void): void {
    const words = this.#words;
    for (let word = 0; word < words.length; word += 1) {
      let bits = words[word] ?? 0;
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits & -bits);
        visit(word * 32 + bit);
        bits &= bits - 1;
      }
    }
  }
}
