import { type JsonNode, jsonString } from './json-tree.ts';
import type { PathPlace } from './path-rules.ts';
import type { PseudonymRow } from './pseudonym-row.ts';

/** What is done with values at a path: nobody sees them, or a pseudonym stands in their place. */
export type Concealment = 'hidden' | PseudonymRow;

export const HIDDEN_JSON = '"(hidden)"';
const NULL = 'null';
const QUOTE = '"';
const QUOTES_BYTES = 2;

/** The JSON of a value without what is concealed in it; undefined where nothing of it may be seen. */
export function shownJson(node: JsonNode, place: PathPlace<Concealment>): string | undefined {
  const { label } = place;
  if (label !== undefined) return concealed(node, place, label);
  if (place.isFree || node.kind === 'scalar') return node.text;
  switch (node.kind) {
    case 'list':
      return `[${node.elements.map((element) => partJson(element, place.element())).join(',')}]`;
    case 'object':
      return `{${[...node.members]
        .map(([key, member]) => `${JSON.stringify(key)}:${partJson(member, place.member(key))}`)
        .join(',')}}`;
    // What is in it is not known, so neither is whether it may be seen.
    case 'deep':
      return HIDDEN_JSON;
  }
}

function partJson(node: JsonNode, place: PathPlace<Concealment>): string {
  return shownJson(node, place) ?? HIDDEN_JSON;
}

/** Whether pseudonyms can stand for the elements of both lists, so that each of them is a change of its own. */
export function isFlat(list: Extract<JsonNode, { readonly kind: 'list' }>): boolean {
  return list.elements.every(({ kind }) => kind === 'scalar');
}

/** Only values, and lists of them, have pseudonyms. Of a list an element may still be hidden. */
function concealed(node: JsonNode, place: PathPlace<Concealment>, label: Concealment): string | undefined {
  if (label === 'hidden') return undefined;
  if (node.kind === 'scalar') return pseudonymJson(node.text, label);
  if (node.kind !== 'list' || !isFlat(node)) return undefined;
  return `[${node.elements.map((element) => partJson(element, place.element())).join(',')}]`;
}

/** By the text of a string, and of anything else by what stands there, as for an attribute; null stays null. */
function pseudonymJson(json: string, row: PseudonymRow): string {
  if (json === NULL) return json;
  const text = Buffer.from(json.startsWith(QUOTE) ? jsonString(json) : json);
  return row.of(text, 0, text.length).id.bytes.toString();
}

/** A JSON text of at most so many bytes, or undefined for one that has no more. Of a string its beginning is left, of others that of their text, as a string. */
export function cutJson(json: string, bytesMax: number): string | undefined {
  if (Buffer.byteLength(json) <= bytesMax) return undefined;
  const text = json.startsWith(QUOTE) ? jsonString(json) : json;
  let bytes = QUOTES_BYTES;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(JSON.stringify(character)) - QUOTES_BYTES;
    if (bytes > bytesMax) break;
    end += character.length;
  }
  return JSON.stringify(text.slice(0, end));
}
