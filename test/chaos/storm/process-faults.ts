import type { Random } from '../../../src/local/producer/random.ts';
import { waitFor } from '../../support/wait-for.ts';
import { POINTS, type Point } from '../controls.ts';
import type { RunProcess } from '../program-run.ts';
import { type Fault, lasting } from './fault.ts';
import { type Stage, WALSENDER_TIMEOUT_MS } from './stage.ts';

const PASSINGS_MAX = 20;
export const CLOCK_SHIFT_MS = 5 * 3_600_000;
/** No load on the machine lets a drain take that long; the process itself gives up later still. */
const DRAIN_MAX_MS = 240_000;

const killedAt = (point: Point) => async (stage: Stage, random: Random) => {
  const { run } = stage;
  run.tell({ kind: 'fail', point, passings: random.integer(1, PASSINGS_MAX) });
  await ended(run, 'SIGKILL');
  stage.run = await stage.start();
};

const clockJumps = (shiftMs: number) => async (stage: Stage, random: Random) => {
  const { run } = stage;
  run.tell({ kind: 'clock', shiftMs });
  await lasting(random, 500, 1_500);
  run.tell({ kind: 'clock', shiftMs: 0 });
};

async function ended(run: RunProcess, expected: 'SIGKILL' | 'drained'): Promise<void> {
  let end: Awaited<RunProcess['ended']> | undefined;
  void run.ended.then((how) => {
    end = how;
  });
  await waitFor(() => end, { description: `process ${run.pid} to end`, timeoutMs: DRAIN_MAX_MS });
  const isExpected = expected === 'drained' ? end?.code === 0 : end?.signal === expected;
  if (isExpected) return;
  throw new Error(
    `expected ${expected}, and it was ${JSON.stringify(end)}: ${JSON.stringify(run.log.slice(-5))}`,
  );
}

/** Resolves when it has seen whose the slot is since it had logged so much: another's, or its own when a second fault made it so. */
async function seesWhoHolds(run: RunProcess, logged: number): Promise<void> {
  await waitFor(
    async () => {
      const { status, reason = '' } = await run.readiness();
      const hasOpened = run.log.slice(logged).some(({ message }) => message === 'streaming');
      return reason.startsWith('standby') || (status === 200 && hasOpened);
    },
    { description: `process ${run.pid} to stand by, or to stream`, timeoutMs: 120_000 },
  );
}

/** The process ends, or holds still, and another one takes its place. */
export const processFaults: readonly Fault[] = [
  {
    name: 'kill -9 at any time',
    side: 'process' as const,
    strike: async (stage: Stage, random: Random) => {
      await lasting(random, 0, 1_000);
      await stage.run.kill();
      stage.run = await stage.start();
    },
  },
  ...POINTS.map((point) => ({
    name: `kill -9 when ${point}`,
    side: 'process' as const,
    strike: killedAt(point),
  })),
  {
    name: 'SIGTERM, and a new one',
    side: 'process',
    strike: async (stage) => {
      const { run } = stage;
      run.signal('SIGTERM');
      await ended(run, 'drained');
      stage.run = await stage.start();
    },
  },
  {
    name: 'SIGSTOP for a moment',
    side: 'process',
    strike: async (stage, random) => {
      stage.run.signal('SIGSTOP');
      await lasting(random, 200, WALSENDER_TIMEOUT_MS / 2);
      stage.run.signal('SIGCONT');
    },
  },
  {
    name: 'SIGSTOP, and replaced',
    side: 'process',
    strike: async (stage) => {
      const frozen = stage.run;
      frozen.signal('SIGSTOP');
      const logged = frozen.log.length;
      const next = await stage.start();
      await stage.streams(next);
      stage.run = next;
      frozen.signal('SIGCONT');
      await seesWhoHolds(frozen, logged);
      await frozen.kill();
    },
  },
  {
    name: 'two at once, the holder killed',
    side: 'process',
    strike: async (stage) => {
      const next = await stage.start();
      await seesWhoHolds(next, 0);
      const killed = stage.run.kill();
      stage.run = next;
      await killed;
    },
  },
  { name: 'clock 5 h forward', side: 'process', strike: clockJumps(CLOCK_SHIFT_MS) },
  { name: 'clock 5 h back', side: 'process', strike: clockJumps(-CLOCK_SHIFT_MS) },
];
