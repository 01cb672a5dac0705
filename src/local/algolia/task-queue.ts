import type { Task } from './write-operation.ts';

/** When a held-back task takes effect: after the next task of its index, or so many milliseconds after it was accepted. */
export type Lateness = 'next' | number;

type Waiting = { readonly task: Task; readonly dueAtMs: number };
type Late = { readonly task: Task; readonly applyAfter: Lateness };

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

  has(taskID: number): boolean {
    return [...this.#waiting, ...this.#late].some(({ task }) => task.taskID === taskID);
  }

  push(task: Task, nowMs: number): void {
    this.#waiting.push({ task, dueAtMs: nowMs + this.#delayMs });
    this.#schedule(nowMs);
  }

  holdBack(task: Task, applyAfter: Lateness): void {
    const late = { task, applyAfter };
    this.#late.push(late);
    if (applyAfter === 'next') return;
    const timer = setTimeout(() => {
      this.#lateTimers.delete(timer);
      this.#applyLate(late);
    }, applyAfter);
    this.#lateTimers.add(timer);
  }

  /** What has not taken effect stays so. */
  stop(): void {
    if (this.#timer !== undefined) {
      clearTimeout(this.#timer as NodeJS.Timeout);
      clearImmediate(this.#timer as NodeJS.Immediate);
    }
    for (const timer of this.#lateTimers) clearTimeout(timer);
    this.#lateTimers.clear();
  }

  #schedule(nowMs: number): void {
    const [first] = this.#waiting;
    if (first === undefined || this.#timer !== undefined) return;
    const run = () => {
      this.#timer = undefined;
      this.#applyDue();
    };
    const waitMs = first.dueAtMs - nowMs;
    this.#timer = waitMs > 0 ? setTimeout(run, waitMs) : setImmediate(run);
  }

  /** One task a turn, so that answering goes on in between. */
  #applyDue(): void {
    const first = this.#waiting.shift();
    if (first === undefined) return;
    this.#apply(first.task, this.#waiting.length);
    for (const late of this.#late.filter(
      ({ applyAfter, task }) => applyAfter === 'next' && task.taskID < first.task.taskID,
    )) {
      this.#applyLate(late);
    }
    this.#schedule(performance.now());
  }

  #applyLate(late: Late): void {
    this.#late = this.#late.filter((other) => other !== late);
    this.#apply(late.task, this.#waiting.length);
  }
}
