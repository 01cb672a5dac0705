import { expect, test } from 'vitest';
import { createActivity } from '../../../../src/local/producer/activity.ts';
import type { ActivityRow } from '../../../../src/local/producer/activity-row.ts';
import { startProducer } from '../../../../src/local/producer/producer.ts';
import { waitFor } from '../../../support/wait-for.ts';

const SEED = 42;

test('commits the activity of its seed in order, one transaction at a time, some of many rows', async () => {
  const committed: ActivityRow[] = [];
  const sizes: number[] = [];
  let running = 0;
  const producer = startProducer({
    ratePerSecond: 5000,
    seed: SEED,
    execute: async (rows) => {
      running += 1;
      expect(running).toBe(1);
      await new Promise(setImmediate);
      running -= 1;
      sizes.push(rows.length);
    },
    onCommitted: (rows) => committed.push(...rows),
  });
  await waitFor(() => committed.length >= 2000, { description: '2,000 rows' });
  await producer.stop();
  const activity = createActivity(SEED);
  expect(committed).toEqual(committed.map(() => activity.next().value));
  expect(Math.max(...sizes)).toBeGreaterThan(1);
});

test('stop waits for the transaction that is running, and none begins after it', async () => {
  let finish: (() => void) | undefined;
  let begun = 0;
  const producer = startProducer({
    ratePerSecond: 1000,
    seed: SEED,
    execute: () => {
      begun += 1;
      return new Promise((settle) => {
        finish = settle;
      });
    },
  });
  await waitFor(() => finish, { description: 'a transaction to begin' });
  let stopped = false;
  const stopping = producer.stop().then(() => {
    stopped = true;
  });
  await new Promise(setImmediate);
  expect(stopped).toBe(false);
  finish?.();
  await stopping;
  expect(begun).toBe(1);
});

test('stop ends the wait for a row that is due in an hour', async () => {
  let committed = 0;
  const producer = startProducer({
    ratePerSecond: 1 / 3600,
    seed: SEED,
    execute: async () => {},
    onCommitted: () => {
      committed += 1;
    },
  });
  await waitFor(() => committed, { description: 'the first row, which comes at once' });
  await producer.stop();
});

test('the error of a transaction ends it and is what finished and stop reject with', async () => {
  const producer = startProducer({
    ratePerSecond: 1000,
    seed: SEED,
    execute: () => Promise.reject(new Error('the database is gone')),
  });
  await expect(producer.finished).rejects.toThrow('the database is gone');
  await expect(producer.stop()).rejects.toThrow('the database is gone');
});
