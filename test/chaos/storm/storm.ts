import { setTimeout as pause } from 'node:timers/promises';
import { createRandom } from '../../../src/local/producer/random.ts';
import { drained } from '../../support/line.ts';
import type { Plant } from '../../support/planted-program.ts';
import { plant } from '../../support/planted-program.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type Load, type LoadOptions, startLoad } from '../audit-log-load.ts';
import { createHistorySlot } from '../commit-history.ts';
import { startSampler } from '../confirmation-sampler.ts';
import { pointPlants, settlingPlant } from '../controls.ts';
import { letterCount } from '../dead-letter-history.ts';
import { differences, type Problem, verdict } from './checks.ts';
import type { Fault } from './fault.ts';
import { allFaults } from './faults.ts';
import { type PlannedStep, stormPlan } from './plan.ts';
import { Redeliveries } from './redeliveries.ts';
import { Stage, type StageOptions } from './stage.ts';

const LOOK_INTERVAL_MS = 100;
/** Late copies are waited for, half-open connections given up, and pauses grow: but it comes to its end. */
const QUIET_MAX_MS = 240_000;

export type StormOptions = Pick<StageOptions, 'config'> & {
  readonly seed: number;
  /** How many faults strike, some of them two at a time. */
  readonly strikes: number;
  readonly faults?: readonly Fault[];
  readonly load?: LoadOptions;
  /** Changes of the program on top of those by which it is told what to do. */
  readonly plants?: readonly Plant[];
  /** How long the program waits for late copies of a request; the real half minute would make up most of a short storm. */
  readonly settleMs?: number;
  readonly onStep?: (step: StormStep) => void;
  /** Aborted, the step that has begun is the last one. */
  readonly signal?: AbortSignal;
};

/** One fault, or two at the same time, and what came of it. */
export type StormStep = {
  readonly faults: readonly string[];
  /** Changed by committed transactions from the strike until all was well again. */
  readonly rows: number;
  /** From the end of the fault until the slot had caught up with what was committed by then. */
  readonly recoveryMs: number;
  /** Versions of records that had been there before. */
  readonly redelivered: number;
  readonly peakBytes: number;
  readonly problems: readonly Problem[];
};

export type StormReport = {
  readonly steps: readonly StormStep[];
  readonly problems: readonly Problem[];
  readonly rows: number;
  readonly transactions: number;
  readonly confirmations: number;
  readonly versions: number;
  readonly letters: number;
  readonly peakBytes: number;
};

/**
 * Strikes the real program under load with one fault after the other, in an order that the seed decides, and looks at the index when all
 * is quiet again after each. Rejects when the program does not come back; what the checks find is in the report.
 */
export async function storm(options: StormOptions): Promise<StormReport> {
  const { seed, strikes, faults = allFaults, plants = [], settleMs = 2_500, config = {} } = options;
  await using planted = await plant(...pointPlants, settlingPlant(settleMs), ...plants);
  const taskDelayMs = createRandom(seed).integer(0, 100);
  await using stage = await Stage.open({ program: planted.program, config, taskDelayMs });
  const historySlot = await createHistorySlot(stage.cluster);
  stage.run = await stage.start();
  await stage.streams(stage.run);
  await using load = await startLoad(stage.cluster, seed, {
    toastChance: 0.1,
    badChance: 0.02,
    truncateChance: 0.0004,
    ...options.load,
    survivesPostgres: true,
  });
  await using sampler = startSampler(stage.cluster, stage.index, letterCount);
  await using _memory = startMemoryWatch(stage);
  const redeliveries = new Redeliveries(stage.index);
  const done: StormStep[] = [];
  for (const planned of stormPlan(seed, faults, strikes)) {
    if (options.signal?.aborted) break;
    const step = await strike(stage, load, planned, redeliveries);
    done.push(step);
    options.onStep?.(step);
  }
  await load.stop();
  const samples = await sampler.stop();
  const peakBytes = Math.max(stage.takePeakBytes(), ...done.map((step) => step.peakBytes));
  const found = await verdict(stage, { samples, historySlot, peakBytes });
  return {
    ...found,
    steps: done,
    problems: [...done.flatMap((step) => step.problems), ...found.problems],
    rows: load.counts.rows,
    transactions: load.counts.committed,
    peakBytes,
  };
}

async function strike(
  stage: Stage,
  load: Load,
  planned: PlannedStep,
  redeliveries: Redeliveries,
): Promise<StormStep> {
  const rowsBefore = load.counts.rows;
  stage.takePeakBytes();
  redeliveries.take();
  await Promise.all(planned.map(({ fault, seed }) => fault.strike(stage, createRandom(seed))));
  const mendedAtMs = performance.now();
  await stage.unlessEnded(drained(stage.cluster, QUIET_MAX_MS));
  const recoveryMs = performance.now() - mendedAtMs;
  const rows = load.counts.rows - rowsBefore;
  await load.rest();
  await stage.unlessEnded(quiet(stage));
  const problems = await differences(stage);
  const redelivered = redeliveries.take();
  await stage.lookAtMemory();
  load.resume();
  return {
    faults: planned.map(({ fault }) => fault.name),
    rows,
    recoveryMs,
    redelivered,
    peakBytes: stage.takePeakBytes(),
    problems,
  };
}

/** Everything is confirmed, and nothing is on its way any more. */
async function quiet(stage: Stage): Promise<void> {
  await drained(stage.cluster, QUIET_MAX_MS);
  await waitFor(() => stage.index.journal().applied.length === stage.index.journal().arrived.length, {
    description: 'every task to take effect',
  });
}

function startMemoryWatch(stage: Stage): AsyncDisposable {
  let stopped = false;
  const work = (async () => {
    while (!stopped) {
      await stage.lookAtMemory();
      await pause(LOOK_INTERVAL_MS);
    }
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      stopped = true;
      await work;
    },
  };
}
