import { PreconditionError } from '../../errors.ts';
import { type HeadLine, readLine, readOperation } from './task-lines.ts';
import type { Task, WriteOperation } from './write-operation.ts';

const READ_BYTES = 4 * 1024 * 1024;
const NEWLINE = 0x0a;

export type LogEntry =
  | { readonly kind: 'task'; readonly task: Task }
  | { readonly kind: 'applied'; readonly taskID: number; readonly waiting: number }
  | { readonly kind: 'format'; readonly lastTaskID: number };

/** Fills the buffer from an offset of the log; answers how many bytes there were, 0 at the end. */
export type ReadAt = (into: Buffer, offset: number) => number;

/**
 * Gives the log's entries in order and returns how many bytes of the file they are: what follows is the torn end of a write that
 * was never answered. Throws a PreconditionError where a whole line makes no sense.
 */
export function readLog(readAt: ReadAt, visit: (entry: LogEntry) => void): number {
  let complete = 0;
  let head: HeadLine | undefined;
  let operations: WriteOperation[] = [];
  for (const { line, end } of lines(readAt)) {
    try {
      if (head === undefined) {
        const read = readLine(line);
        if ('operations' in read) head = read;
        else if ('applied' in read) visit({ kind: 'applied', taskID: read.applied, waiting: read.waiting });
        else visit({ kind: 'format', lastTaskID: read.lastTaskID });
      } else {
        operations.push(readOperation(line));
      }
    } catch (cause) {
      throw damaged(end - line.length - 1, cause);
    }
    if (head !== undefined && operations.length < head.operations) continue;
    if (head !== undefined) visit({ kind: 'task', task: { ...head.task, operations } });
    head = undefined;
    operations = [];
    complete = end;
  }
  return complete;
}

/** Whole lines without their newline, and the offset behind it. A line is a fresh view, never overwritten. */
function* lines(readAt: ReadAt): Generator<{ line: Buffer; end: number }> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafeSlow(READ_BYTES);
    const size = readAt(chunk, offset + rest.length);
    if (size === 0) return;
    const block =
      rest.length === 0 ? chunk.subarray(0, size) : Buffer.concat([rest, chunk.subarray(0, size)]);
    let start = 0;
    for (let at = block.indexOf(NEWLINE); at !== -1; at = block.indexOf(NEWLINE, start)) {
      yield { line: block.subarray(start, at), end: offset + at + 1 };
      start = at + 1;
    }
    offset += start;
    rest = block.subarray(start);
  }
}

function damaged(offset: number, cause: unknown): PreconditionError {
  return new PreconditionError(`the task log is damaged at byte ${offset}`, {
    cause,
    remedy: 'restore the data directory from a copy, or start with an empty one',
  });
}
