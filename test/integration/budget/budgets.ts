import type { BacklogSize } from './backlog.ts';
import type { Drained } from './drain.ts';

/** What the rows of a backlog may cost, by counting: none of it is a time. */
export type Budget = {
  readonly heapBytesPerRow: number;
  /** Read and not accepted, when all of it waits. */
  readonly inFlightBytesPerRow: number;
  readonly requestsPerThousandRows: number;
  /** Whether a task is published. */
  readonly questionsPerRequest: number;
  /**
   * Of the walsender's socket, under load. How many reads a thousand rows take is a question of how fast the walsender is; that every fourth
   * is followed by a pause is not.
   */
  readonly readsPerPause: number;
  /** On ordinary connections. */
  readonly statementsPerThousandRows: number;
  /** Calls of `next` in RxJS. */
  readonly notificationsPerThousandRows: number;
  readonly promisesPerThousandRows: number;
};

type Measured = {
  /** Half of it is measured. */
  readonly size: BacklogSize;
  readonly budget: Budget;
};

/**
 * Heap bytes are some 15 % above what was measured, on Node 20: 561 to 572, and 2,290 to 2,360. Requests are exact, whoever is faster: the
 * first goes with what is there, and what gathers behind it makes full batches of 5,000 and one that is not, 6 or 3 in all. None of the
 * other counts is near one per row, and each has room for what goes by the clock, as the proof that the slot is ours every five seconds:
 * measured were 800 and 1,000 bytes in flight, 4.2 reads, no statement, up to 60 notifications and 32 promises.
 */
export const measured: Readonly<Record<'1,000-row transactions' | 'one-row transactions', Measured>> = {
  '1,000-row transactions': {
    size: { rows: 48_000, perTransaction: 1_000 },
    budget: {
      heapBytesPerRow: 650,
      inFlightBytesPerRow: 920,
      requestsPerThousandRows: 0.26,
      questionsPerRequest: 1,
      readsPerPause: 5,
      statementsPerThousandRows: 2,
      notificationsPerThousandRows: 100,
      promisesPerThousandRows: 60,
    },
  },
  'one-row transactions': {
    size: { rows: 18_000, perTransaction: 1 },
    budget: {
      heapBytesPerRow: 2_700,
      inFlightBytesPerRow: 1_150,
      requestsPerThousandRows: 0.34,
      questionsPerRequest: 1,
      readsPerPause: 5,
      statementsPerThousandRows: 2,
      notificationsPerThousandRows: 100,
      promisesPerThousandRows: 60,
    },
  },
};

/** What one read of a socket brings at most. https://github.com/libuv/libuv/blob/v1.x/src/unix/stream.c */
const READ_BYTES = 65_536;
/** A row in flight counts for 800 bytes, and comes in 280. */
const IN_FLIGHT_PER_READ = 3;
const ROW_BYTES = 1_000;

const IN_FLIGHT_BYTES_MAX = 6_000_000;

/**
 * While the index does not answer, in one transaction. In flight is never more than the limit, what the read brings that passes it, and a
 * row of which the rest was there before. Memory is what the process has grown by since its start: 9 to 10 MB were measured, and 70 to
 * 84 where nothing stops it.
 */
export const stalled = {
  size: { rows: 80_000, perTransaction: 80_000 },
  inFlightBytesMax: IN_FLIGHT_BYTES_MAX,
  budget: {
    inFlightBytes: IN_FLIGHT_BYTES_MAX + READ_BYTES * IN_FLIGHT_PER_READ + ROW_BYTES,
    memoryBytes: 30_000_000,
  },
};

export function costs({ rows }: BacklogSize, drained: Drained): Budget {
  const measuredRows = rows / 2;
  const perThousand = (count: number): number => (count / measuredRows) * 1_000;
  return {
    heapBytesPerRow: drained.heapBytes / measuredRows,
    inFlightBytesPerRow: drained.inFlightBytes / measuredRows,
    requestsPerThousandRows: perThousand(drained.batches),
    questionsPerRequest: drained.questions / drained.batches,
    readsPerPause: drained.reads / drained.pauses,
    statementsPerThousandRows: perThousand(drained.statements),
    notificationsPerThousandRows: perThousand(drained.notifications),
    promisesPerThousandRows: perThousand(drained.promises),
  };
}

/** What costs more than it may, and how much. */
export function over(budget: Budget, cost: Budget): Partial<Budget> {
  const costly = (Object.keys(budget) as (keyof Budget)[]).filter((each) => !(cost[each] <= budget[each]));
  return Object.fromEntries(costly.map((each) => [each, cost[each]]));
}
