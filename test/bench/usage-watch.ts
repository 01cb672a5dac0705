import { type CpuTime, cpuBetween, cpuTime, peakMemoryBytes } from './process-usage.ts';
import type { Used } from './turn.ts';

/** What a process uses from now on, for as long as somebody looks. */
export class UsageWatch {
  readonly #pid: number;
  readonly #atStart: CpuTime;
  #last: CpuTime;
  #peakMemoryBytes: number | undefined;

  private constructor(pid: number, atStart: CpuTime) {
    this.#pid = pid;
    this.#atStart = atStart;
    this.#last = atStart;
  }

  static async start(pid: number): Promise<UsageWatch> {
    return new UsageWatch(pid, await cpuTime(pid));
  }

  /** A process that is gone by now has used what it had at the look before. */
  async look(): Promise<void> {
    this.#last = await cpuTime(this.#pid, this.#last);
    this.#peakMemoryBytes = await peakMemoryBytes(this.#pid).catch(() => this.#peakMemoryBytes);
  }

  get used(): Used {
    return { cpu: cpuBetween(this.#atStart, this.#last), peakMemoryBytes: this.#peakMemoryBytes };
  }
}
