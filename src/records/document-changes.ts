import { isSameJson, jsonKey } from './json-equality.ts';
import type { JsonNode } from './json-tree.ts';
import type { PathPlace } from './path-rules.ts';
import { type Concealment, isFlat } from './shown-value.ts';

type List = Extract<JsonNode, { readonly kind: 'list' }>;
type Place = PathPlace<Concealment>;

/** One difference; what was not there before, or is no longer there, is undefined. */
export type DocumentChange = {
  /** Keys with dots between them, behind it `[]` for an element of a list. */
  readonly path: string;
  /** The same without the brackets. */
  readonly field: string;
  readonly before: JsonNode | undefined;
  readonly after: JsonNode | undefined;
  readonly place: Place;
};

/** Of a document that is no object. */
const WHOLE = '$';
/** In these, a key would be read as something else than one step. */
const SPECIAL = '.*"[]\\';

/**
 * What differs between two documents, in the order of their keys. Objects are gone into, also those that came or went as a whole, as
 * far as their values may be seen. Lists are compared by their elements: whatever both begin and end with is the same, of the rest
 * those came and went that the other list has fewer of; where it has the same ones in another order, the list itself has changed. That
 * takes time in proportion to the size of the documents, however long their lists are.
 */
export class DocumentChanges {
  readonly #take: (change: DocumentChange) => void;

  constructor(take: (change: DocumentChange) => void) {
    this.#take = take;
  }

  compare(before: JsonNode | undefined, after: JsonNode | undefined, place: Place): void {
    this.#compare('', before, after, place);
  }

  #compare(path: string, before: JsonNode | undefined, after: JsonNode | undefined, place: Place): void {
    if (before?.text === after?.text) return;
    if (place.label === undefined && hasMembers(before, after)) {
      this.#members(path, before, after, place);
    } else if (before?.kind === 'list' && after?.kind === 'list' && isTold(before, after, place)) {
      this.#elements(path, before, after, place);
    } else if (before === undefined || after === undefined || !isSameJson(before, after)) {
      const name = path === '' ? WHOLE : path;
      this.#take({ path: name, field: name, before, after, place });
    }
  }

  #members(path: string, before: JsonNode | undefined, after: JsonNode | undefined, place: Place): void {
    const [old, now] = [membersOf(before), membersOf(after)];
    for (const [key, member] of old) {
      const counterpart = now.get(key);
      if (counterpart?.text === member.text) continue;
      this.#compare(below(path, key), member, counterpart, place.member(key));
    }
    for (const [key, member] of now) {
      if (!old.has(key)) this.#compare(below(path, key), undefined, member, place.member(key));
    }
  }

  #elements(path: string, before: List, after: List, place: Place): void {
    const [old, now] = withoutCommonEnds(before.elements, after.elements);
    if (old.length === 0 && now.length === 0) return;
    const [gone, came] = [unmatched(old, now), unmatched(now, old)];
    const field = path === '' ? WHOLE : path;
    if (gone.length === 0 && came.length === 0) {
      this.#take({ path: field, field, before, after, place });
      return;
    }
    const element = { path: `${path}[]`, field, place: place.element() };
    for (const each of gone) this.#take({ ...element, before: each, after: undefined });
    for (const each of came) this.#take({ ...element, before: undefined, after: each });
  }
}

const NO_MEMBERS: ReadonlyMap<string, JsonNode> = new Map();

function membersOf(node: JsonNode | undefined): ReadonlyMap<string, JsonNode> {
  return node?.kind === 'object' ? node.members : NO_MEMBERS;
}

/** Whether these are two objects, or one that came or went and is told by what is in it. */
function hasMembers(before: JsonNode | undefined, after: JsonNode | undefined): boolean {
  if (before !== undefined && after !== undefined) return before.kind === 'object' && after.kind === 'object';
  return membersOf(before ?? after).size > 0;
}

/** Whether two lists are told by their elements: as far as these may be seen, or have pseudonyms. */
function isTold(before: List, after: List, { label }: Place): boolean {
  return label === undefined || (label !== 'hidden' && isFlat(before) && isFlat(after));
}

function withoutCommonEnds(
  before: readonly JsonNode[],
  after: readonly JsonNode[],
): readonly [readonly JsonNode[], readonly JsonNode[]] {
  const isSameAt = (one: number, other: number): boolean =>
    isSameJson(before[one] as JsonNode, after[other] as JsonNode);
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && isSameAt(start, start)) start++;
  let end = 0;
  while (end < shorter - start && isSameAt(before.length - 1 - end, after.length - 1 - end)) end++;
  return [before.slice(start, before.length - end), after.slice(start, after.length - end)];
}

/** Those of the first list that the second one has not, or not as many of. */
function unmatched(elements: readonly JsonNode[], others: readonly JsonNode[]): readonly JsonNode[] {
  const counts = new Map<string, number>();
  for (const other of others) {
    const key = jsonKey(other);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return elements.filter((element) => {
    const key = jsonKey(element);
    const count = counts.get(key) ?? 0;
    if (count > 0) counts.set(key, count - 1);
    return count === 0;
  });
}

/** A key that is not plain stands between quotes, as in JSON. */
function below(path: string, key: string): string {
  const step = isPlain(key) ? key : JSON.stringify(key);
  return path === '' ? step : `${path}.${step}`;
}

function isPlain(key: string): boolean {
  if (key === '' || key === WHOLE) return false;
  for (const character of key) if (character < ' ' || SPECIAL.includes(character)) return false;
  return true;
}
