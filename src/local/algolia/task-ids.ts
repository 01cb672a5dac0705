/** Microseconds of the clock, so that a server with an empty directory does not hand out its predecessor's ids again. */
const IDS_PER_MS = 1000;

/** The ids of accepted tasks: integers below 2^53 that ascend, over restarts too, and which index each belongs to. */
export class TaskIDs {
  #last: number;
  /** By index, ascending. */
  readonly #byIndex = new Map<string, number[]>();
  /** Ids up to here were handed out before the log was rewritten, which kept no list of them. */
  #rewrittenUpTo = 0;
  readonly #forgotten = new Set<number>();

  constructor(nowMs: number) {
    this.#last = nowMs * IDS_PER_MS;
  }

  get last(): number {
    return this.#last;
  }

  next(): number {
    this.#last += 1;
    return this.#last;
  }

  add(index: string, taskID: number): void {
    this.#last = Math.max(this.#last, taskID);
    const taskIDs = this.#byIndex.get(index);
    if (taskIDs === undefined) this.#byIndex.set(index, [taskID]);
    else if (taskIDs.at(-1) !== taskID) taskIDs.push(taskID);
  }

  rewritten(upTo: number): void {
    this.#last = Math.max(this.#last, upTo);
    this.#rewrittenUpTo = Math.max(this.#rewrittenUpTo, upTo);
  }

  forget(taskID: number): void {
    this.#forgotten.add(taskID);
  }

  knows(index: string, taskID: number): boolean {
    if (this.#forgotten.has(taskID)) return false;
    return (
      (taskID > 0 && taskID <= this.#rewrittenUpTo) || includesSorted(this.#byIndex.get(index) ?? [], taskID)
    );
  }
}

function includesSorted(sorted: readonly number[], wanted: number): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === wanted;
}
