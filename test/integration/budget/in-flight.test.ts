import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Plant, plant } from '../../support/planted-program.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type Backlog, createBacklog } from './backlog.ts';
import { stalled } from './budgets.ts';
import { withStream } from './stream.ts';

let backlog: Backlog;

beforeAll(async () => {
  backlog = await createBacklog(stalled.size);
});
afterAll(() => backlog[Symbol.asyncDispose]());

type Held = {
  readonly inFlightBytes: number;
  /** More than it had at its start. */
  readonly memoryBytes: number;
  /** Once all is written. */
  readonly left: number;
};

/** What is in flight when the program reads no more, be it because it has read all, with an index that does not answer. */
function held(program?: string): Promise<Held> {
  const { inFlightBytesMax } = stalled;
  const config = { memory: { inFlightBytesMax } };
  return withStream(backlog, { config, program }, async ({ metered, toPostgres, toIndex, confirmed }) => {
    toIndex.become({ isFrozen: true });
    const { readBytes, peakMemoryBytes } = await metered.counts();
    const all = readBytes + toPostgres.releaseHalf() + toPostgres.releaseRest();
    // Before the first rows are in flight the socket is left alone because nobody has subscribed.
    const isFull = async (): Promise<boolean> => (await metered.inFlightBytes()) > 0 && metered.isHeld();
    await waitFor(async () => (await isFull()) || (await metered.counts()).readBytes >= all, {
      description: 'the program to read no more',
    });
    const inFlightBytes = await metered.inFlightBytes();
    const memoryBytes = (await metered.counts()).peakMemoryBytes - peakMemoryBytes;
    toIndex.mend();
    await confirmed();
    return { inFlightBytes, memoryBytes, left: await metered.inFlightBytes() };
  });
}

test('with a stalled index no more is in flight than the limit, what one read brings, and a row', async () => {
  const { inFlightBytes, memoryBytes, left } = await held();
  expect(inFlightBytes).toBeGreaterThan(stalled.inFlightBytesMax);
  expect(inFlightBytes).toBeLessThanOrEqual(stalled.budget.inFlightBytes);
  expect(memoryBytes).toBeLessThanOrEqual(stalled.budget.memoryBytes);
  expect(left).toBe(0);
});

const plants: Readonly<Record<string, Plant & { readonly shows: 'inFlightBytes' | 'memoryBytes' }>> = {
  'nobody looks at the limit': {
    file: 'operators/in-flight.js',
    find: 'this.#bytes > this.#highBytes',
    replace: 'false',
    shows: 'inFlightBytes',
  },
  'what is in flight is not counted': {
    file: 'operators/in-flight.js',
    find: 'this.#bytes += weigh(value);',
    replace: '',
    shows: 'memoryBytes',
  },
};

test.each(Object.entries(plants))('planted and beyond the bound: %s', async (_name, { shows, ...defect }) => {
  await using planted = await plant(defect);
  const beyond = await held(planted.program);
  expect(beyond[shows]).toBeGreaterThan(stalled.budget[shows]);
});
