import type { Lsn } from '../../../src/lsn.ts';
import type { Operation, Position } from '../../../src/records/operations.ts';

/** An operation in a buffer of its own, as it stands in a batch request. */
export function operation(
  objectID: string,
  {
    index = 'a',
    kind = 'update',
    body = '',
  }: Partial<{ index: string; kind: Operation['kind']; body: string }> = {},
): Operation {
  const action = kind === 'update' ? 'updateObject' : 'deleteObject';
  const bytes = Buffer.from(`{"action":"${action}","body":{"objectID":${JSON.stringify(objectID)}${body}}}`);
  return { kind, table: 'public.audit_log', index, objectID, bytes, start: 0, end: bytes.length };
}

export function position(lsn: bigint): Position {
  return { kind: 'position', lsn: lsn as Lsn, committedAtMicros: undefined };
}

/** The same operations one behind the other in one buffer, a comma between them, as an encoder leaves a run. */
export function inOneBuffer(operations: readonly Operation[]): readonly Operation[] {
  const bytes = Buffer.from(operations.map((each) => textOf(each)).join(','));
  let start = 0;
  return operations.map((each) => {
    const end = start + each.end - each.start;
    const moved = { ...each, bytes, start, end };
    start = end + 1;
    return moved;
  });
}

export function textOf({ bytes, start, end }: Operation): string {
  return bytes.toString('utf8', start, end);
}

/** A method of the index that the test does not expect to be called. */
export const unasked = () => Promise.reject(new Error('was not expected to be asked'));
