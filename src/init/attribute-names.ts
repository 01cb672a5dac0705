import { attributeNameProblem } from '../config/rules.ts';

/** Names of the attributes of one table, each given once. What comes along with an attribute takes a name as well. */
export class AttributeNames {
  readonly #taken = new Set<string>();

  /** The name that is wished for, or one near it; with a suffix, that of what comes along is free as well. */
  take(wish: string, suffix = ''): string {
    let name = this.#free(usable(wish));
    while (this.#taken.has(name + suffix)) name = this.#free(`row_${name}`);
    this.#taken.add(name).add(name + suffix);
    return name;
  }

  #free(wish: string): string {
    let name = wish;
    while (this.#taken.has(name)) name = `row_${name}`;
    return name;
  }
}

/** In a filter or a list of settings, other characters than these would have to be quoted, or could not be. */
function usable(wish: string): string {
  const name = wish.replace(/[^\p{L}\p{N}_-]+/gu, '_').replace(/^[_-]+/, '');
  return attributeNameProblem(name) === undefined ? name : `row_${name}`;
}
