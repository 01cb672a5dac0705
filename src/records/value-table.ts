import { jsonString } from './json-tree.ts';
import { Constant } from './slab.ts';
import { NULL_JSON, type ValueEncoder } from './value-encoder.ts';

const QUOTE = '"';
const NULL_TEXT = 'null';
/** A longer one is not looked for: tables hold the names of things. */
const LOOKED_UP_BYTES_MAX = 1_000;

/**
 * In the place of a value, what the table has for its text: for a string what it says, else its JSON. What is not in the table stays,
 * unless `otherwise` says what takes its place; null stays in any case.
 */
export function valueTable(
  encoder: ValueEncoder,
  values: Readonly<Record<string, string>>,
  otherwise: string | null | undefined,
): ValueEncoder {
  const table = new Map(Object.entries(values).map(([text, value]) => [text, jsonConstant(value)]));
  const others = otherwise === undefined ? undefined : jsonConstant(otherwise);
  return {
    ...encoder,
    write(slab, source, start, end) {
      const before = slab.length;
      encoder.write(slab, source, start, end);
      const from = slab.recordStart + before;
      const isLong = slab.position - from > LOOKED_UP_BYTES_MAX;
      const json = isLong ? undefined : slab.bytes.toString('utf8', from, slab.position);
      if (json === NULL_TEXT) return;
      const text = json?.startsWith(QUOTE) ? jsonString(json) : json;
      const found = (text === undefined ? undefined : table.get(text)) ?? others;
      if (found === undefined) return;
      slab.takeBack(before);
      slab.append(found);
    },
  };
}

function jsonConstant(value: string | null): Constant {
  return value === null ? NULL_JSON : new Constant(JSON.stringify(value));
}
