import type { Config } from '../config/schema.ts';
import { canonicalJson } from './canonical-json.ts';
import { sha256 } from './leaf.ts';

/**
 * SHA-256 over what the configuration says of the mapped part of a table's records, and of which rows have one. Of keys of pseudonyms it holds the
 * ids alone, of a function its text.
 */
export function mappingHash(name: string, { tables, algolia, pseudonyms }: Config): string {
  const table = tables[name];
  if (table === undefined) throw new TypeError(`${name} is not configured`);
  const { objectID, objectIDPrefix, attributes, operations, time, oversize, filter, retention, transform } =
    table;
  const said = {
    name,
    ...{ objectID, objectIDPrefix, attributes, operations, time, oversize, filter, retention },
    transform: transform && { isPure: transform.isPure, apply: String(transform.apply) },
    recordBytesMax: algolia.recordBytesMax,
    pseudonymKeys: pseudonyms.keys.map(({ id, fromMicros }) => ({ id, fromMicros })),
  };
  // What is left out is no member.
  return sha256(canonicalJson(JSON.parse(JSON.stringify(said))));
}
