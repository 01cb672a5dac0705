import { endOfString } from './json-spans.ts';
import type { CopyScope, Task, WriteOperation } from './write-operation.ts';

/*
 * The log is NDJSON, so that grep and jq read it:
 *   {"format":1,"lastTaskID":T}                                the first line; ids up to T were handed out before it was written
 *   {"task":T,"index":"i","operations":2,"acceptedAtMs":…}     a task, followed by that many lines of operations
 *   {"set":"id","record":{…}}                                  also merge, mergeExisting, delete, deleteBy, settings, clear, drop, copy, move
 *   {"applied":T,"waiting":n}                                  a task marked "late" took effect while n later ones of its index had not
 */

export type HeadLine = { readonly task: Omit<Task, 'operations'>; readonly operations: number };

const NEWLINE = Buffer.from('\n');
const RECORD = ',"record":';
const OPENINGS = ['{"set":', '{"merge":', '{"mergeExisting":'] as const;

export function formatLine(lastTaskID: number): Buffer {
  return Buffer.from(`${JSON.stringify({ format: 1, lastTaskID })}\n`);
}

export function appliedLine(taskID: number, waiting: number): Buffer {
  return Buffer.from(`${JSON.stringify({ applied: taskID, waiting })}\n`);
}

/** A task's lines, newline at the end included. Records must hold no newline. */
export function taskLines({ taskID, index, acceptedAtMs, operations, late }: Task): Buffer[] {
  const head = {
    task: taskID,
    index,
    operations: operations.length,
    acceptedAtMs,
    ...(late ? { late } : {}),
  };
  return [Buffer.from(`${JSON.stringify(head)}\n`), ...operations.flatMap(operationLine)];
}

function operationLine(operation: WriteOperation): Buffer[] {
  switch (operation.kind) {
    case 'set':
      return recordLine('{"set":', operation.objectID, operation.record);
    case 'merge':
      return recordLine(
        operation.create ? '{"merge":' : '{"mergeExisting":',
        operation.objectID,
        operation.record,
      );
    case 'delete':
      return [plainLine({ delete: operation.objectID })];
    case 'deleteBy':
      return [plainLine({ deleteBy: operation.parameters })];
    case 'settings':
      return [plainLine({ settings: operation.settings })];
    case 'copy':
      return [plainLine({ copy: operation.to, scope: operation.scope })];
    case 'move':
      return [plainLine({ move: operation.to })];
    case 'clear':
    case 'drop':
      return [plainLine({ [operation.kind]: true })];
  }
}

function plainLine(content: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(content)}\n`);
}

function recordLine(opening: string, objectID: string, record: Buffer): Buffer[] {
  return [Buffer.from(`${opening}${JSON.stringify(objectID)}${RECORD}`), record, CLOSING];
}

const CLOSING = Buffer.concat([Buffer.from('}'), NEWLINE]);

/** Reads an operation's line, without its newline. The record is a view on the line. */
export function readOperation(line: Buffer): WriteOperation {
  for (const opening of OPENINGS) {
    if (line.toString('latin1', 0, opening.length) !== opening) continue;
    const idEnd = endOfString(line, opening.length);
    const objectID = JSON.parse(line.toString('utf8', opening.length, idEnd)) as string;
    const record = line.subarray(idEnd + RECORD.length, line.length - 1);
    if (opening === '{"set":') return { kind: 'set', objectID, record };
    return { kind: 'merge', objectID, record, create: opening === '{"merge":' };
  }
  const content = readObject(line);
  const { delete: objectID, deleteBy, settings, clear, drop, copy, move, scope } = content;
  if (typeof objectID === 'string') return { kind: 'delete', objectID };
  if (isObject(deleteBy)) return { kind: 'deleteBy', parameters: deleteBy };
  if (isObject(settings)) return { kind: 'settings', settings };
  if (clear === true) return { kind: 'clear' };
  if (drop === true) return { kind: 'drop' };
  if (typeof copy === 'string' && isScope(scope)) return { kind: 'copy', to: copy, scope };
  if (typeof move === 'string') return { kind: 'move', to: move };
  throw new SyntaxError('not an operation');
}

export type AppliedLine = { readonly applied: number; readonly waiting: number };

/** Reads a line that is no operation's. */
export function readLine(line: Buffer): HeadLine | AppliedLine | { readonly lastTaskID: number } {
  const { task, index, operations, acceptedAtMs, late, applied, waiting, lastTaskID } = readObject(line);
  if (typeof task === 'number' && typeof index === 'string' && typeof operations === 'number') {
    return {
      task: { taskID: task, index, acceptedAtMs: Number(acceptedAtMs), late: late === true },
      operations,
    };
  }
  if (typeof applied === 'number') return { applied, waiting: Number(waiting) };
  if (typeof lastTaskID === 'number') return { lastTaskID };
  throw new SyntaxError('not a line of the task log');
}

function isScope(value: unknown): value is CopyScope {
  return value === 'all' || value === 'settings' || value === 'nothing';
}

function readObject(line: Buffer): Record<string, unknown> {
  const content: unknown = JSON.parse(line.toString());
  if (isObject(content)) return content;
  throw new SyntaxError('not an object');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
