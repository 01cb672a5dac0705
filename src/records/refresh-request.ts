import type { TableConfig } from '../config/schema.ts';
import { isKeyOf } from './refresh-message.ts';

/** Far below what a message may have, so that nobody's pipeline has to hold many keys at once. */
const REQUEST_BYTES = 500_000;
/** And that whoever waits for many sees the slot move: where all are refused once more, each is a request or two. */
const REQUEST_KEYS = 100;

export type RefreshRequests = {
  /** Contents of logical messages. */
  readonly messages: readonly string[];
  /** Which objectIDs cannot be those of the table as it is configured. */
  readonly refused: readonly string[];
};

/** What to write into the WAL to have these records read again. The table is configured; `keysMax` go into one message. */
export function refreshRequests(
  table: string,
  objectIDs: readonly string[],
  config: TableConfig,
  objectIdBytesMax: number,
  keysMax = REQUEST_KEYS,
): RefreshRequests {
  const isKey = isKeyOf(config, objectIdBytesMax);
  const messages: string[] = [];
  let asked: string[] = [];
  let bytes = 0;
  const close = (): void => {
    if (asked.length > 0) messages.push(JSON.stringify({ refresh: { table, objectIDs: asked } }));
    asked = [];
    bytes = 0;
  };
  for (const objectID of objectIDs.filter(isKey)) {
    const own = Buffer.byteLength(JSON.stringify(objectID)) + 1;
    if (bytes + own > REQUEST_BYTES || asked.length === keysMax) close();
    asked.push(objectID);
    bytes += own;
  }
  close();
  return { messages, refused: objectIDs.filter((objectID) => !isKey(objectID)) };
}
