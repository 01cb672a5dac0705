import { setTimeout as delay } from 'node:timers/promises';
import { createActivity } from './activity.ts';
import type { ActivityRow } from './activity-row.ts';
import { createRandom, type Random } from './random.ts';

const BURST_PROBABILITY = 0.02;
const BURST_ROWS_MAX = 60;
/** After a stall it does not try to make good for more than this. */
const DEBT_MS_MAX = 1000;
const TRANSACTION_ROWS_MAX = 500;

export type ProducerOptions = {
  /** Commits these rows as one transaction. */
  readonly execute: (rows: readonly ActivityRow[]) => Promise<void>;
  /** On average; as many as `execute` can take, if that is less. */
  readonly ratePerSecond: number;
  readonly seed: number;
  readonly onCommitted?: (rows: readonly ActivityRow[]) => void;
};

export type Producer = {
  /** Resolves after `stop`; rejects with the error of `execute`, which also ends the producer. */
  readonly finished: Promise<void>;
  /** Begins no further transaction and resolves, or rejects, as `finished` does. */
  stop(): Promise<void>;
};

/** Begins at once and goes on until stopped: one transaction at a time, mostly of one row, now and then of many. */
export function startProducer(options: ProducerOptions): Producer {
  const stopping = new AbortController();
  const finished = produce(options, stopping.signal);
  // Who never looks at it must not be ended by it.
  finished.catch(() => undefined);
  return {
    finished,
    stop: () => {
      stopping.abort();
      return finished;
    },
  };
}

async function produce(options: ProducerOptions, signal: AbortSignal): Promise<void> {
  const { execute, ratePerSecond, seed, onCommitted } = options;
  const activity = createActivity(seed);
  const random = createRandom(seed + 1);
  const startedAt = performance.now();
  const debtRowsMax = Math.max(1, (DEBT_MS_MAX / 1000) * ratePerSecond);
  let produced = 0;
  while (!signal.aborted) {
    const planned = 1 + ((performance.now() - startedAt) / 1000) * ratePerSecond;
    produced = Math.max(produced, planned - debtRowsMax);
    const due = Math.floor(planned - produced);
    if (due < 1) {
      const waitMs = ((1 - (planned - produced)) / ratePerSecond) * 1000;
      await delay(Math.max(1, waitMs), undefined, { signal }).catch(() => undefined);
      continue;
    }
    const rows = Array.from({ length: transactionRows(due, random) }, () => activity.next().value);
    await execute(rows);
    produced += rows.length;
    onCommitted?.(rows);
  }
}

/** One row, unless more are due than single commits would bring in, or a burst comes: a pause follows that. */
function transactionRows(due: number, random: Random): number {
  if (random.chance(BURST_PROBABILITY)) return random.integer(2, BURST_ROWS_MAX);
  return Math.min(due > 4 ? due : 1, TRANSACTION_ROWS_MAX);
}
