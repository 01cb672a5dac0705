import { expect, test } from 'vitest';
import { appliedLine, formatLine, taskLines } from '../../../../src/local/algolia/task-lines.ts';
import { type LogEntry, readLog } from '../../../../src/local/algolia/task-log-reader.ts';
import type { Task } from '../../../../src/local/algolia/write-operation.ts';

const tasks: Task[] = [
  {
    taskID: 11,
    index: 'a"b\n',
    acceptedAtMs: 5,
    late: false,
    operations: [
      { kind: 'set', objectID: 'x', record: Buffer.from('{"objectID":"x","t":"ü\\n","n":1.10}') },
      { kind: 'set', objectID: 'q"\\\n', record: Buffer.from('{"objectID":"q\\"\\\\\\n"}') },
      { kind: 'merge', objectID: 'x', record: Buffer.from('{"a":{"record":"}"}}'), create: true },
      { kind: 'merge', objectID: 'x', record: Buffer.from('{}'), create: false },
      { kind: 'delete', objectID: 'x' },
    ],
  },
  { taskID: 12, index: 'b', acceptedAtMs: 6, late: true, operations: [{ kind: 'clear' }] },
  {
    taskID: 13,
    index: 'b',
    acceptedAtMs: 7,
    late: false,
    operations: [
      { kind: 'settings', settings: { ranking: ['custom'] } },
      { kind: 'deleteBy', parameters: { filters: 'a:"x"' } },
      { kind: 'drop' },
      { kind: 'copy', to: 'c"\n', scope: 'settings' },
      { kind: 'move', to: 'd' },
    ],
  },
  { taskID: 14, index: 'b', acceptedAtMs: 8, late: false, operations: [] },
];
const [first, late, third, empty] = tasks.map((task) => Buffer.concat(taskLines(task)));
const pieces = [formatLine(10), first, late, third, appliedLine(12, 1), empty].map(
  (piece) => piece ?? Buffer.alloc(0),
);
const log = Buffer.concat(pieces);
const entries: LogEntry[] = [
  { kind: 'format', lastTaskID: 10 },
  ...tasks.slice(0, 3).map((task): LogEntry => ({ kind: 'task', task })),
  { kind: 'applied', taskID: 12, waiting: 1 },
  ...tasks.slice(3).map((task): LogEntry => ({ kind: 'task', task })),
];

/** Hands out at most so many bytes at a time, as a file system may. */
function read(bytes: Buffer, atOnce = bytes.length): { entries: LogEntry[]; complete: number } {
  const found: LogEntry[] = [];
  const complete = readLog(
    (into, offset) => bytes.copy(into, 0, offset, Math.min(bytes.length, offset + atOnce)),
    (entry) => found.push(entry),
  );
  return { entries: found, complete };
}

test('what was written is read, however the file is cut into reads', () => {
  expect(read(log)).toEqual({ entries, complete: log.length });
  for (const atOnce of [1, 7, 64]) expect(read(log, atOnce)).toEqual({ entries, complete: log.length });
});

test('every line is JSON of its own', () => {
  const lines = log.toString().trimEnd().split('\n');
  expect(lines.map((line) => typeof JSON.parse(line))).toEqual(lines.map(() => 'object'));
});

test('cut at any byte, the log is the entries that are whole', () => {
  const ends = pieces.map((_, count) =>
    pieces.slice(0, count + 1).reduce((sum, piece) => sum + piece.length, 0),
  );
  for (let length = 0; length <= log.length; length += 1) {
    const whole = ends.filter((end) => end <= length).length;
    expect(read(log.subarray(0, length)), `cut at ${length}`).toEqual({
      entries: entries.slice(0, whole),
      complete: ends[whole - 1] ?? 0,
    });
  }
});

test('a whole line that makes no sense is no torn end', () => {
  const noise = Buffer.concat([formatLine(1), Buffer.from('\0\0\0\n')]);
  expect(() => read(noise)).toThrow(
    expect.objectContaining({
      code: 'PRECONDITION',
      message: `the task log is damaged at byte ${noise.length - 4}`,
    }),
  );
  expect(() => read(Buffer.from('{"task":1,"index":"a","operations":1}\n{"explode":true}\n'))).toThrow(
    'damaged',
  );
  expect(() =>
    read(Buffer.from('{"task":1,"index":"a","operations":1}\n{"copy":"b","scope":"some"}\n')),
  ).toThrow('damaged');
  expect(() => read(Buffer.from('[]\n'))).toThrow('damaged');
});
