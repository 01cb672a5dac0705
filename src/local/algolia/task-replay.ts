import type { Task } from './write-operation.ts';

type IndexReplay = { late: Task[]; waiting: Task[] };

/**
 * Applies the tasks of a log in the order in which they took effect. That is the order of the log, but for tasks that were held
 * back: while one of an index is, the later ones of that index wait for the line that says how many of them it overtook.
 */
export class TaskReplay {
  readonly #apply: (task: Task) => void;
  readonly #indices = new Map<string, IndexReplay>();

  constructor(apply: (task: Task) => void) {
    this.#apply = apply;
  }

  accepted(task: Task): void {
    const replay = this.#indices.get(task.index);
    if (task.late) {
      if (replay === undefined) this.#indices.set(task.index, { late: [task], waiting: [] });
      else replay.late.push(task);
    } else if (replay === undefined) this.#apply(task);
    else replay.waiting.push(task);
  }

  /** `waiting` of the tasks accepted so far took effect later. */
  applied(taskID: number, waiting: number): void {
    for (const [index, replay] of this.#indices) {
      const late = replay.late.find((task) => task.taskID === taskID);
      if (late === undefined) continue;
      for (const task of replay.waiting.splice(0, Math.max(0, replay.waiting.length - waiting)))
        this.#apply(task);
      this.#apply(late);
      replay.late = replay.late.filter((task) => task !== late);
      if (replay.late.length > 0) return;
      this.#indices.delete(index);
      for (const task of replay.waiting) this.#apply(task);
      return;
    }
  }

  /** What was pending when the server ended takes effect now; `noteApplied` hears of those that were held back. */
  end(noteApplied: (taskID: number) => void): void {
    for (const { late, waiting } of this.#indices.values()) {
      for (const task of waiting) this.#apply(task);
      for (const task of late) {
        noteApplied(task.taskID);
        this.#apply(task);
      }
    }
    this.#indices.clear();
  }
}
