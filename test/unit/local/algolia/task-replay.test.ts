import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TaskIDs } from '../../../../src/local/algolia/task-ids.ts';
import { TaskQueue } from '../../../../src/local/algolia/task-queue.ts';
import { TaskReplay } from '../../../../src/local/algolia/task-replay.ts';
import type { Task } from '../../../../src/local/algolia/write-operation.ts';

const task = (taskID: number, late = false): Task => ({
  taskID,
  index: 'i',
  acceptedAtMs: 0,
  operations: [],
  late,
});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Runs tasks through a queue as a server does, and what it would have logged through a replay. */
function run(delayMs: number, steps: (queue: TaskQueue, accept: (task: Task) => Task) => void) {
  const live: number[] = [];
  const log: (Task | { applied: number; waiting: number })[] = [];
  const queue = new TaskQueue(delayMs, (applied, waiting) => {
    if (applied.late) log.push({ applied: applied.taskID, waiting });
    live.push(applied.taskID);
  });
  steps(queue, (accepted) => {
    log.push(accepted);
    return accepted;
  });
  const replayed: number[] = [];
  const replay = new TaskReplay(({ taskID }) => replayed.push(taskID));
  for (const line of log) {
    if ('applied' in line) replay.applied(line.applied, line.waiting);
    else replay.accepted(line);
  }
  replay.end(() => undefined);
  return { live, replayed };
}

test('tasks take effect in order, after the delay', () => {
  const seen: number[][] = [];
  const { live } = run(100, (queue) => {
    queue.push(task(1), performance.now());
    vi.advanceTimersByTime(50);
    queue.push(task(2), performance.now());
    expect(queue.has(1)).toBe(true);
    vi.advanceTimersByTime(50);
    seen.push([queue.pending]);
    expect([queue.has(1), queue.has(2)]).toEqual([false, true]);
    vi.advanceTimersByTime(50);
  });
  expect(seen).toEqual([[1]]);
  expect(live).toEqual([1, 2]);
});

test('a task held back is overtaken by the next one alone', () => {
  const { live, replayed } = run(0, (queue, accept) => {
    queue.holdBack(accept(task(1, true)), 'next');
    queue.push(accept(task(2)), performance.now());
    queue.push(accept(task(3)), performance.now());
    vi.runAllTimers();
  });
  expect(live).toEqual([2, 1, 3]);
  expect(replayed).toEqual(live);
});

test('a task held back is overtaken by as many as it says, counted each for itself', () => {
  const { live, replayed } = run(0, (queue, accept) => {
    queue.push(accept(task(1)), performance.now());
    queue.holdBack(accept(task(2, true)), { tasks: 2 });
    queue.push(accept(task(3)), performance.now());
    queue.holdBack(accept(task(4, true)), { tasks: 2 });
    for (const taskID of [5, 6, 7]) queue.push(accept(task(taskID)), performance.now());
    vi.runAllTimers();
  });
  expect(live).toEqual([1, 3, 5, 2, 6, 4, 7]);
  expect(replayed).toEqual(live);
});

test('a task held back for a time falls between those that wait', () => {
  const { live, replayed } = run(100, (queue, accept) => {
    queue.holdBack(accept(task(1, true)), 120);
    queue.push(accept(task(2)), performance.now());
    vi.advanceTimersByTime(50);
    queue.push(accept(task(3)), performance.now());
    vi.advanceTimersByTime(500);
    queue.push(accept(task(4)), performance.now());
    vi.advanceTimersByTime(500);
  });
  expect(live).toEqual([2, 1, 3, 4]);
  expect(replayed).toEqual(live);
});

test('two held back at once', () => {
  const { live, replayed } = run(0, (queue, accept) => {
    queue.holdBack(accept(task(1, true)), 1_000);
    queue.push(accept(task(2)), performance.now());
    queue.holdBack(accept(task(3, true)), 'next');
    vi.advanceTimersByTime(10);
    queue.push(accept(task(4)), performance.now());
    vi.advanceTimersByTime(2_000);
  });
  expect(live).toEqual([2, 4, 3, 1]);
  expect(replayed).toEqual(live);
});

test('what was still held back at the end comes last', () => {
  const { live, replayed } = run(0, (queue, accept) => {
    queue.holdBack(accept(task(1, true)), 'next');
    queue.holdBack(accept(task(2, true)), 5_000);
    queue.stop();
  });
  expect(live).toEqual([]);
  expect(replayed).toEqual([1, 2]);
});

test('what comes before a task is caught up with at once, the task itself is left out, the rest keeps its time', () => {
  const seen: number[][] = [];
  const { live } = run(100, (queue) => {
    for (const taskID of [1, 2, 3]) queue.push(task(taskID), performance.now());
    vi.advanceTimersByTime(50);
    queue.push(task(5), performance.now());
    queue.catchUp(3);
    seen.push([queue.pending]);
    vi.advanceTimersByTime(60);
    seen.push([queue.pending]);
    queue.catchUp(4);
    seen.push([queue.pending]);
    vi.advanceTimersByTime(40);
  });
  expect(seen).toEqual([[1], [1], [1]]);
  expect(live).toEqual([1, 2, 5]);
});

test('task ids ascend from the clock or from what the log holds, below 2^53, and are known by index', () => {
  const ids = new TaskIDs(Date.UTC(2200, 0));
  const one = ids.next();
  expect(ids.next()).toBeGreaterThan(one);
  expect(Number.isSafeInteger(one)).toBe(true);
  ids.add('a', one);
  expect([ids.knows('a', one), ids.knows('b', one), ids.knows('a', one + 1)]).toEqual([true, false, false]);
  ids.forget(one);
  expect(ids.knows('a', one)).toBe(false);
  const later = new TaskIDs(0);
  later.add('a', one);
  expect(later.next()).toBe(one + 1);
  later.rewritten(one + 9);
  expect([later.next(), later.knows('a', one + 5), later.knows('a', one + 10)]).toEqual([
    one + 10,
    true,
    false,
  ]);
});
