import { slotState } from './audit-rows.ts';
import { ReaderEndedError } from './bench-errors.ts';
import { monotonicMs } from './clock.ts';
import { poll } from './poll.ts';
import { cpuBetween, cpuTime, peakMemoryBytes } from './process-usage.ts';
import type { Measurement, Turn } from './turn.ts';

const POLL_MS = 5;
/** The walsender of a small backlog does not live long. */
const FIRST_POLL_MS = 1;

export type Measured = {
  readonly name: string;
  readonly pid: number;
  /** With which exit code or signal it has ended; undefined while it lives. */
  ended(): number | string | undefined;
};

type Usage = Pick<Measurement, 'seconds' | 'cpu' | 'walsenderCpu' | 'peakMemoryBytes'>;

/**
 * Starting up, connecting and compiling do not count: the clock runs from when a walsender serves the slot. Rejects with a
 * ReaderEndedError when the reader ends before it is done, with a DrainLimitError when it never is.
 */
export async function measure(
  turn: Turn,
  reader: Measured,
  isDone: () => Promise<boolean>,
  pollMs = POLL_MS,
): Promise<Usage> {
  const { client, slot, endLsn, patience } = turn;
  const spawnedAtMs = monotonicMs();
  const walsenderPid = await poll(
    patience,
    `${reader.name} has not begun to stream`,
    FIRST_POLL_MS,
    async () => {
      const state = await slotState(client, slot, endLsn);
      return state.walsenderPid ?? (reader.ended() === undefined ? undefined : 'ended');
    },
  );
  if (walsenderPid === 'ended') return await endedUnseen(reader, spawnedAtMs, isDone);
  const startedAtMs = monotonicMs();
  const [cpuAtStart, walsenderAtStart] = [await cpuTime(reader.pid), await cpuTime(walsenderPid)];
  let [cpu, walsenderCpu] = [cpuAtStart, walsenderAtStart];
  let peak: number | undefined;
  return await poll(patience, `${reader.name} has not drained slot ${slot}`, pollMs, async () => {
    const ended = reader.ended();
    const done = await isDone();
    const seconds = (monotonicMs() - startedAtMs) / 1_000;
    cpu = await cpuTime(reader.pid, cpu);
    walsenderCpu = await cpuTime(walsenderPid, walsenderCpu);
    peak = await peakMemoryBytes(reader.pid).catch(() => peak);
    if (!done) {
      if (ended !== undefined) throw new ReaderEndedError(`${reader.name} ended with ${ended} in mid-drain`);
      return undefined;
    }
    const used = {
      cpu: cpuBetween(cpuAtStart, cpu),
      walsenderCpu: cpuBetween(walsenderAtStart, walsenderCpu),
    };
    return { seconds, ...used, peakMemoryBytes: peak };
  });
}

/** A handful of rows may be read between two looks at the slot: then its whole life counts. */
async function endedUnseen(
  reader: Measured,
  spawnedAtMs: number,
  isDone: () => Promise<boolean>,
): Promise<Usage> {
  if (reader.ended() !== 0 || !(await isDone())) {
    throw new ReaderEndedError(`${reader.name} ended with ${reader.ended()} before it streamed`);
  }
  const seconds = (monotonicMs() - spawnedAtMs) / 1_000;
  return { seconds, cpu: undefined, walsenderCpu: undefined, peakMemoryBytes: undefined };
}
