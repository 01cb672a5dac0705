import type { Operation, Position, Step } from '../records/operations.ts';

export type Batch = {
  readonly operations: readonly Operation[];
  /** The last one among the steps; it lies at or before the last operation's transaction, never behind it. */
  readonly position: Position | undefined;
  /** Sum of all operations' bytes. */
  readonly bytes: number;
  readonly records: number;
};

export function toBatch(steps: readonly Step[]): Batch {
  const operations: Operation[] = [];
  let position: Position | undefined;
  let bytes = 0;
  for (const step of steps) {
    if (step.kind === 'position') {
      position = step;
    } else {
      operations.push(step);
      bytes += step.end - step.start;
    }
  }
  return { operations, position, bytes, records: operations.length };
}

/** Operations by index, in order; of those with one objectID only the last: each carries the full image, so it alone decides. */
export function survivorsByIndex(
  operations: readonly Operation[],
): ReadonlyMap<string, readonly Operation[]> {
  const byIndex = new Map<string, Operation[]>();
  for (const operation of operations) {
    const list = byIndex.get(operation.index);
    if (list === undefined) byIndex.set(operation.index, [operation]);
    else list.push(operation);
  }
  for (const [index, list] of byIndex) byIndex.set(index, lastOfEach(list));
  return byIndex;
}

function lastOfEach(operations: Operation[]): Operation[] {
  const distinct = new Set<string>();
  for (const { objectID } of operations) distinct.add(objectID);
  if (distinct.size === operations.length) return operations;
  const lastAt = new Map(operations.map(({ objectID }, at) => [objectID, at]));
  return operations.filter(({ objectID }, at) => lastAt.get(objectID) === at);
}

const OPENING = Buffer.from('{"requests":[');
const CLOSING = Buffer.from(']}');
const COMMA = 0x2c;

/**
 * The body of one batch request, byte for byte the operations' text. Operations that lie in one buffer with a single comma
 * between them are copied in one go. `allocate` gives the memory. https://www.algolia.com/doc/rest-api/search/batch
 */
export function requestBody(
  operations: readonly Operation[],
  allocate: (bytes: number) => Buffer = Buffer.allocUnsafe,
): Buffer {
  const commas = Math.max(0, operations.length - 1);
  const length = operations.reduce(
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
  for (const { bytes, start, end } of operations) {
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
