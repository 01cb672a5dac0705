import { type JsonNode, jsonString } from './json-tree.ts';
import type { PathPlace } from './path-rules.ts';

/** What is done with values at a path: nobody sees them. */
export type Concealment = 'hidden';

export const HIDDEN_JSON = '"(hidden)"';
const QUOTE = '"';
const QUOTES_BYTES = 2;

/** The JSON of a value without what is concealed in it. */
export function shownJson(node: JsonNode, place: PathPlace<Concealment>): string {
  if (place.label !== undefined) return HIDDEN_JSON;
  if (place.isFree || node.kind === 'scalar') return node.text;
  switch (node.kind) {
    case 'list':
      return `[${node.elements.map((element) => shownJson(element, place.element())).join(',')}]`;
    case 'object':
      return `{${[...node.members]
        .map(([key, member]) => `${JSON.stringify(key)}:${shownJson(member, place.member(key))}`)
        .join(',')}}`;
    // What is in it is not known, so neither is whether it may be seen.
    case 'deep':
      return HIDDEN_JSON;
  }
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
