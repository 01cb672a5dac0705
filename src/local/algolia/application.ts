import type { Arrival } from './arrivals.ts';
import { indexMissing, Refusal } from './refusal.ts';
import { SearchIndex } from './search-index.ts';
import { TaskIDs } from './task-ids.ts';
import { FileTaskLog, NO_LOG, type TaskLog } from './task-log.ts';
import { type Lateness, TaskQueue } from './task-queue.ts';
import { TaskReplay } from './task-replay.ts';
import { indicesOf, type Task, type WriteOperation } from './write-operation.ts';

const SNAPSHOT_OPERATIONS = 1000;
/** A log is rewritten at the start once it is this many times the records in it, and larger than a megabyte. */
const GARBAGE_FACTOR = 2;
const REWRITE_BYTES_MIN = 1_000_000;

export type ApplicationOptions = {
  readonly dataDir: string | undefined;
  readonly taskDelayMs: number;
  readonly keepJournal: boolean;
};

/**
 * The tasks of the server's life in the order in which they were accepted, and in the order in which they took effect, each with its
 * arrival. What was refused is not among them.
 */
export type WriteJournal = { readonly arrived: readonly Task[]; readonly applied: readonly Task[] };

type Acceptance = {
  /** Of the effect, when a fault holds it back. */
  readonly lateness?: Lateness | undefined;
  readonly arrival?: Arrival | undefined;
};

export type Write = { readonly index: string; readonly operations: readonly WriteOperation[] };

/** An Algolia application: its indices, and the tasks between a request's answer and its effect. */
export class Application {
  readonly #taskDelayMs: number;
  readonly #indices = new Map<string, SearchIndex>();
  readonly #queues = new Map<string, TaskQueue>();
  readonly #taskIDs = new TaskIDs(Date.now());
  readonly #log: TaskLog;
  readonly #journal: { arrived: Task[]; applied: Task[] } | undefined;

  /** Reads what the directory holds; throws a PreconditionError when it cannot be used. Tasks that were pending take effect at once. */
  constructor({ dataDir, taskDelayMs, keepJournal }: ApplicationOptions) {
    this.#taskDelayMs = taskDelayMs;
    this.#log = dataDir === undefined ? NO_LOG : this.#openLog(dataDir);
    this.#journal = keepJournal ? { arrived: [], applied: [] } : undefined;
  }

  get indices(): ReadonlyMap<string, SearchIndex> {
    return this.#indices;
  }

  get journal(): WriteJournal {
    return this.#journal ?? { arrived: [], applied: [] };
  }

  /** Throws a Refusal (404) when it does not exist, or not yet. */
  index(name: string): SearchIndex {
    const index = this.#indices.get(name);
    if (index === undefined) throw indexMissing(name);
    return index;
  }

  pendingTasks(index: string): number {
    return this.#queues.get(index)?.pending ?? 0;
  }

  /**
   * Makes the writes durable as one and queues them; returns a task id for each. Throws a Refusal (400) for a copy or a move that a
   * fault holds back or finds tasks held back: the log could not say what it copied.
   */
  accept(writes: readonly Write[], { lateness, arrival }: Acceptance = {}): number[] {
    const acceptedAtMs = Date.now();
    const late = lateness !== undefined;
    const head = { acceptedAtMs, late, ...(this.#journal === undefined ? {} : { arrival }) };
    for (const write of writes) this.#checkOrder(write, late);
    const tasks = writes.map((write): Task => ({ taskID: this.#taskIDs.next(), ...head, ...write }));
    this.#log.append(tasks);
    for (const task of tasks) {
      for (const index of indicesOf(task)) this.#taskIDs.add(index, task.taskID);
      this.#journal?.arrived.push(task);
      if (lateness === undefined)
        for (const index of indicesOf(task)) this.#queue(index).push(task, performance.now());
      else this.#queue(task.index).holdBack(task, lateness);
    }
    return tasks.map(({ taskID }) => taskID);
  }

  /** Throws a Refusal (404) for a task that this index never had. */
  isPublished(index: string, taskID: number): boolean {
    if (!this.#taskIDs.knows(index, taskID)) throw new Refusal(404, 'Task does not exist');
    return !(this.#queues.get(index)?.has(taskID) ?? false);
  }

  /** From now on the task is answered with 404. */
  forgetTask(taskID: number): void {
    this.#taskIDs.forget(taskID);
  }

  /** Pending tasks stay in the log and take effect at the next start. */
  close(): void {
    for (const queue of this.#queues.values()) queue.stop();
    this.#log.close();
  }

  #checkOrder(write: Write, late: boolean): void {
    const indices = indicesOf(write);
    if (indices.length > 1 && (late || indices.some((index) => this.#queues.get(index)?.holdsBack)))
      throw new Refusal(400, 'This server does not copy or move an index while a fault holds tasks back');
  }

  #queue(index: string): TaskQueue {
    let queue = this.#queues.get(index);
    if (queue === undefined) {
      queue = new TaskQueue(this.#taskDelayMs, (task, waiting) => {
        if (task.late) this.#log.appendApplied(task.taskID, waiting);
        for (const other of indicesOf(task)) if (other !== index) this.#queue(other).catchUp(task.taskID);
        this.#apply(task);
        this.#journal?.applied.push(task);
      });
      this.#queues.set(index, queue);
    }
    return queue;
  }

  #apply({ index: name, operations, acceptedAtMs }: Task): void {
    for (const operation of operations) {
      if (operation.kind === 'drop') {
        this.#indices.delete(name);
        continue;
      }
      if (operation.kind === 'copy' || operation.kind === 'move') {
        this.#copy(name, operation, acceptedAtMs);
        continue;
      }
      const index = this.#indices.get(name) ?? this.#create(name, operation, acceptedAtMs);
      if (index === undefined) continue;
      index.apply(operation);
      index.updatedAtMs = acceptedAtMs;
    }
  }

  /** A source that does not exist is copied as an empty index, and never moved. */
  #copy(name: string, operation: Extract<WriteOperation, { to: string }>, atMs: number): void {
    const source = this.#indices.get(name);
    if (operation.kind === 'move') {
      if (source === undefined) return;
      this.#indices.set(operation.to, source);
      this.#indices.delete(name);
      source.updatedAtMs = atMs;
      return;
    }
    const target = this.#indices.get(operation.to) ?? new SearchIndex(atMs);
    target.takeOver(source ?? new SearchIndex(atMs), operation.scope);
    target.updatedAtMs = atMs;
    this.#indices.set(operation.to, target);
  }

  /** Writes create the index that they need; what only removes does not. */
  #create(name: string, operation: WriteOperation, atMs: number): SearchIndex | undefined {
    const creates =
      operation.kind === 'set' ||
      operation.kind === 'settings' ||
      (operation.kind === 'merge' && operation.create);
    if (!creates) return undefined;
    const index = new SearchIndex(atMs);
    this.#indices.set(name, index);
    return index;
  }

  #openLog(dataDir: string): TaskLog {
    const log = new FileTaskLog(dataDir);
    try {
      const replay = new TaskReplay((task) => this.#apply(task));
      log.replay((entry) => {
        if (entry.kind === 'format') this.#taskIDs.rewritten(entry.lastTaskID);
        else if (entry.kind === 'applied') replay.applied(entry.taskID, entry.waiting);
        else {
          for (const index of indicesOf(entry.task)) this.#taskIDs.add(index, entry.task.taskID);
          replay.accepted(entry.task);
        }
      });
      replay.end((taskID) => log.appendApplied(taskID, 0));
      const alive = [...this.#indices.values()].reduce((sum, { store }) => sum + store.bytes, 0);
      if (log.bytes > REWRITE_BYTES_MIN && log.bytes > alive * GARBAGE_FACTOR) this.#rewrite(log);
    } catch (error) {
      log.close();
      throw error;
    }
    return log;
  }

  #rewrite(log: FileTaskLog): void {
    const lastTaskID = this.#taskIDs.last;
    log.rewrite(lastTaskID, this.#snapshot(lastTaskID));
    this.#taskIDs.rewritten(lastTaskID);
  }

  *#snapshot(taskID: number): Generator<Task> {
    for (const [name, index] of this.#indices) {
      const head = { taskID, index: name, late: false };
      yield {
        ...head,
        acceptedAtMs: index.createdAtMs,
        operations: [{ kind: 'settings', settings: index.storedSettings }],
      };
      let operations: WriteOperation[] = [];
      for (let slot = 0; slot < index.store.slots; slot += 1) {
        const objectID = index.store.objectID(slot);
        if (objectID === undefined) continue;
        operations.push({ kind: 'set', objectID, record: index.store.record(slot) });
        if (operations.length < SNAPSHOT_OPERATIONS) continue;
        yield { ...head, acceptedAtMs: index.updatedAtMs, operations };
        operations = [];
      }
      yield { ...head, acceptedAtMs: index.updatedAtMs, operations };
    }
  }
}
