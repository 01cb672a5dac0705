import type { Scalar } from './attribute-values.ts';

const NONE = -1;

/** One attribute's values as facet text, slot by slot: a code per distinct value, so that counting is an array increment. */
export class FacetColumn {
  /** The text of each code. */
  readonly values: string[] = [];
  readonly #codeOf = new Map<string, number>();
  /** Facet values are compared without regard to case. */
  readonly #codesOfFolded = new Map<string, number[]>();
  /** A code; `NONE`; or below that, the place of a list of codes in `#lists`. */
  readonly #codes: number[] = [];
  readonly #lists: number[][] = [];

  get slots(): number {
    return this.#codes.length;
  }

  push(values: readonly Scalar[]): void {
    const [first] = values;
    if (first === undefined) this.#codes.push(NONE);
    else if (values.length === 1) this.#codes.push(this.#code(String(first)));
    else {
      this.#lists.push([...new Set(values.map((value) => this.#code(String(value))))]);
      this.#codes.push(-1 - this.#lists.length);
    }
  }

  codesOf(value: string): ReadonlySet<number> {
    return new Set(this.#codesOfFolded.get(value.toLowerCase()));
  }

  hasAny(slot: number, codes: ReadonlySet<number>): boolean {
    const code = this.#codes[slot] ?? NONE;
    if (code >= 0) return codes.has(code);
    return code !== NONE && (this.#lists[-2 - code] ?? []).some((member) => codes.has(member));
  }

  countInto(counts: number[], slot: number): void {
    const code = this.#codes[slot] ?? NONE;
    if (code >= 0) counts[code] = (counts[code] ?? 0) + 1;
    else if (code !== NONE)
      for (const member of this.#lists[-2 - code] ?? []) counts[member] = (counts[member] ?? 0) + 1;
  }

  /** The slot's first value. */
  text(slot: number): string | undefined {
    const code = this.#codes[slot] ?? NONE;
    if (code === NONE) return undefined;
    return this.values[code >= 0 ? code : (this.#lists[-2 - code]?.[0] ?? 0)];
  }

  #code(value: string): number {
    const known = this.#codeOf.get(value);
    if (known !== undefined) return known;
    const code = this.values.length;
    this.values.push(value);
    this.#codeOf.set(value, code);
    const folded = value.toLowerCase();
    const codes = this.#codesOfFolded.get(folded);
    if (codes === undefined) this.#codesOfFolded.set(folded, [code]);
    else codes.push(code);
    return code;
  }
}
