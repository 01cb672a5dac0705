import { setTimeout as pause } from 'node:timers/promises';
import { peakMemoryBytes } from '../../bench/process-usage.ts';

const LOOK_INTERVAL_MS = 100;

/** The most memory that any process of a kind had: those that are killed tell nothing afterwards. */
export class PeakMemory implements AsyncDisposable {
  readonly #pids = new Map<number, string>();
  readonly #peaks = new Map<string, number>();
  readonly #work: Promise<void>;
  #stopped = false;

  constructor() {
    this.#work = this.#watch();
  }

  add(kind: string, pid: number): void {
    this.#pids.set(pid, kind);
  }

  /** In bytes; 0 where /proc does not tell. */
  of(kind: string): number {
    return this.#peaks.get(kind) ?? 0;
  }

  async look(): Promise<void> {
    for (const [pid, kind] of this.#pids) {
      const bytes = await peakMemoryBytes(pid).catch(() => 0);
      if (bytes === 0) this.#pids.delete(pid);
      this.#peaks.set(kind, Math.max(bytes, this.of(kind)));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#work;
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      await this.look();
      await pause(LOOK_INTERVAL_MS);
    }
  }
}
