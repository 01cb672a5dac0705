import { waitFor } from '../../support/wait-for.ts';
import type { Backlog } from './backlog.ts';
import type { Counts } from './metered-program.ts';
import { withStream } from './stream.ts';

export type Drained = Counts & {
  /** When all was read and nothing accepted. */
  readonly inFlightBytes: number;
};

/** So much room that nothing is collected during a drain; compiled as calls are counted, not when there is time. */
const NODE_ARGUMENTS = [
  '--min-semi-space-size=512',
  '--max-semi-space-size=512',
  '--initial-old-space-size=1024',
  '--no-incremental-marking',
  '--no-concurrent-recompilation',
  '--expose-gc',
];

/** Batches are bounded by their records, and all of a backlog may be in flight. */
const CONFIG = { batch: { recordsMax: 5_000, bytesMax: 50_000_000 } };

/**
 * What it takes to drain the second half of a backlog, with the first half drained and the code compiled. The machine's pace has no part in
 * it: all of the backlog lies ready before its first byte is read, all is read before the first request is answered, and each read counts
 * as load.
 */
export function drain(backlog: Backlog, program?: string): Promise<Drained> {
  const options = { config: CONFIG, program, nodeArguments: NODE_ARGUMENTS };
  return withStream(backlog, options, async ({ metered, toPostgres, toIndex, confirmed }) => {
    await metered.read(toPostgres.releaseHalf());
    await waitFor(
      async () => {
        const { batches, questions } = await metered.counts();
        return questions >= batches && (await metered.inFlightBytes()) === 0;
      },
      { description: 'the first half to be written' },
    );
    toIndex.become({ isFrozen: true });
    const before = await metered.begin();
    await metered.read(before.readBytes + toPostgres.releaseRest());
    const inFlightBytes = await metered.inFlightBytes();
    toIndex.mend();
    await confirmed();
    const counts = difference(before, await metered.counts());
    if (counts.collections > 0) throw new Error('garbage was collected: nobody knows how much was allocated');
    return { ...counts, inFlightBytes };
  });
}

function difference(from: Counts, to: Counts): Counts {
  const entries = Object.entries(to).map(([name, count]) => [name, count - from[name as keyof Counts]]);
  return { ...(Object.fromEntries(entries) as Counts), peakMemoryBytes: to.peakMemoryBytes };
}
