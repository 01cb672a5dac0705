import type { Scalar } from './attribute-values.ts';

/** One attribute's numbers, slot by slot; NaN where there is none. */
export class NumberColumn {
  readonly #numbers: number[] = [];
  /** Slots with more than one number. */
  readonly #lists = new Map<number, number[]>();

  get slots(): number {
    return this.#numbers.length;
  }

  push(values: readonly Scalar[]): void {
    const numbers = values.filter((value) => typeof value === 'number');
    if (numbers.length > 1) this.#lists.set(this.#numbers.length, numbers);
    this.#numbers.push(numbers[0] ?? Number.NaN);
  }

  /** The slot's first number, or NaN. */
  number(slot: number): number {
    return this.#numbers[slot] ?? Number.NaN;
  }

  some(slot: number, test: (value: number) => boolean): boolean {
    const list = this.#lists.size === 0 ? undefined : this.#lists.get(slot);
    if (list !== undefined) return list.some(test);
    const number = this.number(slot);
    return !Number.isNaN(number) && test(number);
  }

  forEach(slot: number, visit: (value: number) => void): void {
    const list = this.#lists.get(slot);
    if (list !== undefined) list.forEach(visit);
    else if (!Number.isNaN(this.number(slot))) visit(this.number(slot));
  }
}
