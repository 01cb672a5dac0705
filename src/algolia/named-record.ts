/** What a refusal says of the record that it is about. A hint and no more: whoever heeds it sends that record alone to be sure. */
export type NamedRecord = {
  /** In the request, from 0. */
  readonly position: number | undefined;
  readonly objectID: string | undefined;
};

export const UNNAMED: NamedRecord = { position: undefined, objectID: undefined };

/**
 * Older infrastructure has both as fields of the body, newer only in the message, as in `Record at the position 729 objectID=X is too big
 * size=12822/10000 bytes`. https://www.algolia.com/doc/guides/sending-and-managing-data/prepare-your-data/in-depth/index-and-records-size-and-usage-limitations/
 */
export function namedRecord(message: string, body: string): NamedRecord {
  const fields = parsed(body);
  const { position, objectID } = fields;
  const place = typeof position === 'number' ? position : Number(/\bposition (\d+)\b/.exec(message)?.[1]);
  return {
    position: Number.isSafeInteger(place) ? place : undefined,
    objectID:
      typeof objectID === 'string'
        ? objectID
        : (/\bobjectID=(.+?) is too big\b/s.exec(message) ?? /\bobjectID=(\S+)/.exec(message))?.[1],
  };
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
