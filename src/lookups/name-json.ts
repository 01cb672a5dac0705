import { NAME_BYTES_MAX } from '../records/reference-names.ts';

/** A name as JSON, of which the end is left out where it is too long; no character is broken. */
export function nameJson(name: string): string {
  const json = JSON.stringify(name);
  // Three bytes for each unit of UTF-16 at most.
  if (3 * json.length <= NAME_BYTES_MAX || Buffer.byteLength(json) <= NAME_BYTES_MAX) return json;
  let cut = '"';
  let bytes = 2;
  for (const character of name) {
    const escaped = JSON.stringify(character).slice(1, -1);
    bytes += Buffer.byteLength(escaped);
    if (bytes > NAME_BYTES_MAX) break;
    cut += escaped;
  }
  return `${cut}"`;
}
