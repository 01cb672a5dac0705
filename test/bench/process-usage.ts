import { readFile } from 'node:fs/promises';

/** Linux reports processor time in these, whatever the kernel's own clock. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const TICKS_PER_SECOND = 100;

/** Seconds. */
export type CpuTime = { readonly user: number; readonly system: number };

export const NO_CPU_TIME: CpuTime = { user: 0, system: 0 };

/** What a process has used so far; `last` when it is gone. */
export async function cpuTime(pid: number, last: CpuTime = NO_CPU_TIME): Promise<CpuTime> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  if (stat === undefined) return last;
  // The command's name, the second field, may hold spaces and ends at the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { user: Number(fields[11]) / TICKS_PER_SECOND, system: Number(fields[12]) / TICKS_PER_SECOND };
}

export function cpuBetween(from: CpuTime, to: CpuTime): CpuTime {
  return { user: to.user - from.user, system: to.system - from.system };
}

/** The most memory that a process has ever had resident, in bytes. */
export async function peakMemoryBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1');
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`/proc/${pid}/status says nothing of VmHWM`);
  return Number(kilobytes) * 1024;
}
