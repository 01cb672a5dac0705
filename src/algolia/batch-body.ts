import type { Action } from './batch-work.ts';

const OPENING = Buffer.from('{"requests":[');
const CLOSING = Buffer.from(']}');
const COMMA = 0x2c;

/**
 * The body of one batch request, byte for byte the actions' text. Those that lie in one buffer with a single comma
 * between them are copied in one go. `allocate` gives the memory. https://www.algolia.com/doc/rest-api/search/batch
 */
export function requestBody(
  actions: readonly Action[],
  allocate: (bytes: number) => Buffer = Buffer.allocUnsafe,
): Buffer {
  const commas = Math.max(0, actions.length - 1);
  const length = actions.reduce(
    (sum, { start, end }) => sum + end - start,
    OPENING.length + commas + CLOSING.length,
  );
  const body = allocate(length);
  let at = OPENING.copy(body);
  let open: { bytes: Buffer; start: number; end: number } | undefined;
  const flush = (): void => {
    if (open === undefined) return;
    if (at > OPENING.length) at = body.writeUInt8(COMMA, at);
    at += open.bytes.copy(body, at, open.start, open.end);
  };
  for (const { bytes, start, end } of actions) {
    if (open !== undefined && open.bytes === bytes && start === open.end + 1 && bytes[open.end] === COMMA) {
      open.end = end;
    } else {
      flush();
      open = { bytes, start, end };
    }
  }
  flush();
  CLOSING.copy(body, at);
  return body;
}
