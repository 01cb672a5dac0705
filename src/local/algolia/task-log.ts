import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DirectoryLock } from './directory-lock.ts';
import { appliedLine, formatLine, taskLines } from './task-lines.ts';
import { type LogEntry, readLog } from './task-log-reader.ts';
import type { Task } from './write-operation.ts';

const LOG_FILE = 'tasks.ndjson';
const SNAPSHOT_FILE = 'tasks.ndjson.new';

/** Where accepted tasks are kept: what `append` returned from survives a kill -9 of the process. */
export type TaskLog = {
  /** Written as one, before anything is answered. */
  append(tasks: readonly Task[]): void;
  appendApplied(taskID: number, waiting: number): void;
  close(): void;
};

/** For a server that keeps nothing. */
export const NO_LOG: TaskLog = {
  append: () => undefined,
  appendApplied: () => undefined,
  close: () => undefined,
};

/** The log of one data directory, which no other process may have open. */
export class FileTaskLog implements TaskLog {
  readonly #directory: string;
  readonly #lock: DirectoryLock;
  #fd: number;
  #bytes = 0;

  /** Throws a PreconditionError when another server has the directory. */
  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
    this.#lock = new DirectoryLock(directory);
    rmSync(join(directory, SNAPSHOT_FILE), { force: true });
    this.#fd = openSync(join(directory, LOG_FILE), 'a+', 0o600);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Gives everything written so far and cuts off a torn end; to be called once, before the first `append`. */
  replay(visit: (entry: LogEntry) => void): void {
    this.#bytes = readLog((into, offset) => readSync(this.#fd, into, 0, into.length, offset), visit);
    ftruncateSync(this.#fd, this.#bytes);
  }

  /** Puts what the tasks amount to in the place of everything written so far. */
  rewrite(lastTaskID: number, tasks: Iterable<Task>): void {
    const path = join(this.#directory, SNAPSHOT_FILE);
    const fd = openSync(path, 'w', 0o600);
    this.#bytes = 0;
    try {
      this.#write(fd, [formatLine(lastTaskID)]);
      for (const task of tasks) this.#write(fd, taskLines(task));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(path, join(this.#directory, LOG_FILE));
    closeSync(this.#fd);
    this.#fd = openSync(join(this.#directory, LOG_FILE), 'a+', 0o600);
  }

  append(tasks: readonly Task[]): void {
    this.#append(tasks.flatMap(taskLines));
  }

  appendApplied(taskID: number, waiting: number): void {
    this.#append([appliedLine(taskID, waiting)]);
  }

  close(): void {
    closeSync(this.#fd);
    this.#lock.release();
  }

  /** Leaves no half line behind when the disk is full: the next task would be read as its end. */
  #append(lines: readonly Buffer[]): void {
    const bytes = this.#bytes;
    try {
      this.#write(this.#fd, lines);
    } catch (error) {
      ftruncateSync(this.#fd, bytes);
      this.#bytes = bytes;
      throw error;
    }
  }

  #write(fd: number, lines: readonly Buffer[]): void {
    const bytes = Buffer.concat(lines);
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
    this.#bytes += bytes.length;
  }
}
