import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/**
 * SHA-256, in lower-case hex, over the objectID, a line feed, and the canonical JSON of the mapped part: the record, as `JSON.parse` gave it, without
 * `objectID` and its annotations, which are not what the row and the configuration say.
 */
export function leafOf(objectID: string, mapped: object): string {
  return sha256(`${objectID}\n${canonicalJson(mapped)}`);
}

/** SHA-256 over the leaves of a window, sorted, a line each. Of no leaves it is that of no bytes. */
export function windowHash(leaves: Iterable<string>): string {
  const hash = createHash('sha256');
  for (const leaf of [...leaves].sort()) hash.update(`${leaf}\n`);
  return hash.digest('hex');
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
