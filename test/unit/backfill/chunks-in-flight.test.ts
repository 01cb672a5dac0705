import { expect, test } from 'vitest';
import { ChunksInFlight } from '../../../src/backfill/chunks-in-flight.ts';
import { Throttle } from '../../../src/backfill/throttle.ts';
import { UnavailableError } from '../../../src/errors.ts';
import { type Lsn, parseLsn } from '../../../src/lsn.ts';

const chunk = (number: number, rows = 250) => ({
  target: parseLsn(`0/${number}`),
  askedAtMs: performance.now(),
  through: [String(number)],
  rows,
  refused: 0,
});

/** Chunks whose positions pass when the test says so. */
function chunks() {
  const waiting = new Map<Lsn, { resolve: () => void; reject: (error: unknown) => void }>();
  const confirmed: string[] = [];
  const inFlight = new ChunksInFlight({
    throttle: new Throttle({ lagMaxMs: 60_000 }),
    passed: (target) => new Promise((resolve, reject) => waiting.set(target, { resolve, reject })),
    onConfirmed: async ({ through }) => void confirmed.push(...through),
  });
  const settle = async (number: number, error?: unknown): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    const found = waiting.get(parseLsn(`0/${number}`));
    if (error === undefined) found?.resolve();
    else found?.reject(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { inFlight, confirmed, settle, asked: waiting };
}

test('there is room until as many keys are under way as may be, and again when the first is confirmed', async () => {
  const { inFlight, confirmed, settle } = chunks();
  for (const number of [1, 2, 3, 4]) {
    await inFlight.room();
    inFlight.add(chunk(number));
  }
  expect(inFlight.keys).toBe(1_000);
  let hasRoom = false;
  const room = inFlight.room().then(() => {
    hasRoom = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(hasRoom).toBe(false);
  await settle(1);
  await room;
  expect(confirmed).toEqual(['1']);
});

test('they are confirmed in the order in which they were asked for', async () => {
  const { inFlight, confirmed, settle } = chunks();
  for (const number of [1, 2]) inFlight.add(chunk(number));
  await settle(2);
  expect(confirmed).toEqual([]);
  await settle(1);
  await settle(2);
  await inFlight.drained();
  expect(confirmed).toEqual(['1', '2']);
  expect(inFlight.keys).toBe(0);
});

test('one that cannot be confirmed ends the waiting, and none behind it counts as confirmed', async () => {
  const { inFlight, confirmed, settle, asked } = chunks();
  for (const number of [1, 2, 3, 4]) inFlight.add(chunk(number));
  await settle(1);
  const failure = new UnavailableError('the slot stands still');
  await settle(2, failure);
  await expect(inFlight.room().then(() => inFlight.drained())).rejects.toBe(failure);
  expect(confirmed).toEqual(['1']);
  expect(asked.size).toBe(2);
});
