import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from 'pg';
import { slotState } from './audit-rows.ts';
import { startIndexProcess } from './index-process.ts';
import { startPipelineProcess } from './pipeline-process.ts';
import { type CpuTime, cpuBetween, cpuTime, NO_CPU_TIME, peakMemoryBytes } from './process-usage.ts';

const POLL_MS = 5;

/** One drain, from the start of streaming until the last row counts as read: confirmed, for who confirms, else received. */
export type Measurement = {
  readonly seconds: number;
  readonly cpu: CpuTime;
  readonly walsenderCpu: CpuTime;
  readonly peakMemoryBytes: number;
};

export type Drain = {
  readonly client: Client;
  readonly databaseUrl: string;
  readonly publication: string;
  readonly slot: string;
  /** End of what is to be read. */
  readonly endLsn: string;
};

export type Reader = { readonly name: string; drain(drain: Drain): Promise<Measurement> };

/** `pg_recvlogical` if it lies beside the server's binaries, else a reader of our own that drops what it reads. */
export function discardingReader(binDir: string): Reader {
  const path = join(binDir, 'pg_recvlogical');
  if (!existsSync(path)) {
    const script = fileURLToPath(new URL('discarding-reader.ts', import.meta.url));
    return {
      name: 'pg, discarding',
      drain: (drain) => {
        const { databaseUrl, slot, publication, endLsn } = drain;
        const program = ['--import', 'jiti/register', script, databaseUrl, slot, publication, endLsn];
        return drainUntilExit(drain, process.execPath, program);
      },
    };
  }
  return {
    name: 'pg_recvlogical',
    drain: (drain) => {
      const plugin = ['-o', 'proto_version=1', '-o', `publication_names=${drain.publication}`];
      const position = ['--slot', drain.slot, '--start', '--no-loop', '--endpos', drain.endLsn];
      return drainUntilExit(drain, path, [
        '-d',
        drain.databaseUrl,
        ...position,
        ...plugin,
        '-f',
        '/dev/null',
      ]);
    },
  };
}

/** The program's own `run`, writing to an index that accepts at once and keeps nothing. */
export function pipelineReader(name: string, program: string, nodeArguments: readonly string[]): Reader {
  return {
    name,
    drain: async (drain) => {
      await using index = await startIndexProcess({ reads: false, publishes: true });
      const options = { ...drain, indexUrl: index.url, program, nodeArguments };
      await using pipeline = startPipelineProcess(options);
      const measurement = await measure(drain, pipeline.pid, async () => {
        const { isConfirmed } = await slotState(drain.client, drain.slot, drain.endLsn);
        return isConfirmed;
      });
      const exitCode = await pipeline.stop();
      if (exitCode !== 0) throw new Error(`${name} ended with ${exitCode}`);
      return measurement;
    },
  };
}

async function drainUntilExit(
  drain: Drain,
  command: string,
  parameters: readonly string[],
): Promise<Measurement> {
  const child = spawn(command, parameters, { stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = once(child, 'exit');
  if (child.pid === undefined) await ended;
  const measurement = await measure(drain, child.pid ?? 0, async () => child.exitCode !== null);
  const [exitCode] = await ended;
  if (exitCode !== 0) throw new Error(`${command} ended with ${exitCode}`);
  return measurement;
}

/** Starting up, connecting and compiling do not count: the clock runs from when a walsender serves the slot. */
async function measure(
  { client, slot, endLsn }: Drain,
  pid: number,
  isDone: () => Promise<boolean>,
): Promise<Measurement> {
  let walsenderPid: number | null = null;
  while (walsenderPid === null) {
    if ((await cpuTime(pid, undefined)) === NO_CPU_TIME) throw new Error('the reader has ended too early');
    await delay(POLL_MS);
    ({ walsenderPid } = await slotState(client, slot, endLsn));
  }
  const startedAtMs = performance.now();
  const cpuAtStart = await cpuTime(pid);
  let cpu = cpuAtStart;
  let walsenderCpu = NO_CPU_TIME;
  let peak = 0;
  for (;;) {
    const done = await isDone();
    const seconds = (performance.now() - startedAtMs) / 1000;
    cpu = await cpuTime(pid, cpu);
    walsenderCpu = await cpuTime(walsenderPid, walsenderCpu);
    peak = await peakMemoryBytes(pid).catch(() => peak);
    if (done) return { seconds, cpu: cpuBetween(cpuAtStart, cpu), walsenderCpu, peakMemoryBytes: peak };
    await delay(POLL_MS);
  }
}
