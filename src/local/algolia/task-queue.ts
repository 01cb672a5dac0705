import type { Task } from './write-operation.ts';

/**
 * When a held-back task takes effect: after the next task of its index, after so many of them, or so many milliseconds after it was
 * accepted. A writer that repeats what it got no answer to overtakes the lost request with a copy first, and only the second task is newer.
 */
export type Lateness = 'next' | { readonly tasks: number } | number;

type Waiting = { readonly task: Task; readonly dueAtMs: number };
type Late = { readonly task: Task; tasksLeft: number };

/**
 * The tasks of one index that were accepted and have not taken effect, first in first out. Only tasks that a fault holds back are overtaken.
 */
export class TaskQueue {
  readonly #delayMs: number;
  readonly #apply: (task: Task, waiting: number) => void;
  #waiting: Waiting[] = [];
  #late: Late[] = [];
  #timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  readonly #lateTimers = new Set<NodeJS.Timeout>();

  /** `apply` also hears how many tasks are waiting in order. */
  constructor(delayMs: number, apply: (task: Task, waiting: number) => void) {
    this.#delayMs = delayMs;
    this.#apply = apply;
  }

  get pending(): number {
    return this.#waiting.length + this.#late.length;
  }

  get holdsBack(): boolean {
    return this.#late.length > 0;
  }

  has(taskID: number): boolean {
    return [...this.#waiting, ...this.#late].some(({ task }) => task.taskID === taskID);
  }

  push(task: Task, nowMs: number): void {
    this.#waiting.push({ task, dueAtMs: nowMs + this.#delayMs });
    this.#schedule(nowMs);
  }

  holdBack(task: Task, applyAfter: Lateness): void {
    const late = { task, tasksLeft: tasksOf(applyAfter) };
    this.#late.push(late);
    if (typeof applyAfter !== 'number') return;
    const timer = setTimeout(() => {
      this.#lateTimers.delete(timer);
      this.#applyLate(late);
    }, applyAfter);
    this.#lateTimers.add(timer);
  }

  /** Applies at once what was accepted before a task that another queue has as well and is about to apply. */
  catchUp(taskID: number): void {
    this.#cancel();
    while ((this.#waiting[0]?.task.taskID ?? taskID) < taskID) this.#applyFirst();
    if (this.#waiting[0]?.task.taskID === taskID) this.#waiting.shift();
    this.#schedule(performance.now());
  }

  /** What has not taken effect stays so. */
  stop(): void {
    this.#cancel();
    for (const timer of this.#lateTimers) clearTimeout(timer);
    this.#lateTimers.clear();
  }

  #cancel(): void {
    clearTimeout(this.#timer as NodeJS.Timeout | undefined);
    clearImmediate(this.#timer as NodeJS.Immediate | undefined);
    this.#timer = undefined;
  }

  #schedule(nowMs: number): void {
    const [first] = this.#waiting;
    if (first === undefined || this.#timer !== undefined) return;
    const run = () => {
      this.#timer = undefined;
      // One task a turn, so that answering goes on in between.
      this.#applyFirst();
      this.#schedule(performance.now());
    };
    const waitMs = first.dueAtMs - nowMs;
    this.#timer = waitMs > 0 ? setTimeout(run, waitMs) : setImmediate(run);
  }

  #applyFirst(): void {
    const first = this.#waiting.shift();
    if (first === undefined) return;
    this.#apply(first.task, this.#waiting.length);
    for (const late of this.#late.filter(({ task }) => task.taskID < first.task.taskID)) {
      late.tasksLeft -= 1;
      if (late.tasksLeft === 0) this.#applyLate(late);
    }
  }

  #applyLate(late: Late): void {
    this.#late = this.#late.filter((other) => other !== late);
    this.#apply(late.task, this.#waiting.length);
  }
}

/** How many later tasks are to be waited for. */
function tasksOf(applyAfter: Lateness): number {
  if (applyAfter === 'next') return 1;
  return typeof applyAfter === 'number' ? Number.POSITIVE_INFINITY : applyAfter.tasks;
}
