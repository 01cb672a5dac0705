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
  const body = allocate(bodyBytes(actions));
  let at = OPENING.copy(body);
  for (let first = 0; first < actions.length; ) {
    const { bytes, start } = actions[first] as Action;
    const next = endOfRun(actions, first);
    if (first > 0) body[at++] = COMMA;
    at += bytes.copy(body, at, start, (actions[next - 1] as Action).end);
    first = next;
  }
  CLOSING.copy(body, at);
  return body;
}

function bodyBytes(actions: readonly Action[]): number {
  let bytes = OPENING.length + CLOSING.length + Math.max(0, actions.length - 1);
  for (const { start, end } of actions) bytes += end - start;
  return bytes;
}

/** Behind the last one that follows the one at `first` without a gap but the comma. */
function endOfRun(actions: readonly Action[], first: number): number {
  let { bytes, end } = actions[first] as Action;
  let next = first + 1;
  for (; next < actions.length; next++) {
    const action = actions[next] as Action;
    if (action.bytes !== bytes || action.start !== end + 1 || bytes[end] !== COMMA) break;
    ({ bytes, end } = action);
  }
  return next;
}
