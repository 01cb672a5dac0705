import { expect, test } from 'vitest';
import { TransientError } from '../../../src/algolia/failures.ts';
import { IndexReader, type ReadAlgolia } from '../../../src/verify/index-reader.ts';

/** Answers nothing but failures until some time of its own clock, on which every request takes a moment. */
function failingUntil(
  endMs: number,
  { retryAfterMs, momentMs = 20 }: { retryAfterMs?: number; momentMs?: number } = {},
) {
  let nowMs = 0;
  const pauses: number[] = [];
  const getRecords = async (): Promise<readonly string[]> => {
    nowMs += momentMs;
    if (nowMs > endMs) return ['{"objectID":"1"}'];
    throw new TransientError('reading records of index t: Algolia answered 503', {
      cause: new Error('503'),
      status: 503,
      outcomeUnknown: false,
      retryAfterMs,
    });
  };
  const waited: number[] = [];
  const reader = new IndexReader({ getRecords } as unknown as ReadAlgolia, 't', {
    onWaiting: ({ waitedMs }) => waited.push(waitedMs),
    clock: {
      nowMs: () => nowMs,
      pause: async (ms) => {
        pauses.push(ms);
        nowMs += ms;
      },
    },
  });
  return { reader, pauses, waited, nowMs: () => nowMs };
}

test('an outage of minutes is waited for, and told', async () => {
  const { reader, waited, pauses } = failingUntil(200_000);
  expect(await reader.records(['1'])).toEqual([{ objectID: '1' }]);
  expect(waited).toHaveLength(pauses.length);
  expect(waited[0]).toBe(0);
  expect(waited.at(-1)).toBeGreaterThan(100_000);
  expect(reader.requests).toBe(pauses.length + 1);
});

test('an outage without an end is waited for so long, and no longer', async () => {
  const { reader, nowMs } = failingUntil(Number.POSITIVE_INFINITY, { momentMs: 1_000 });
  const error = await reader.records(['1']).catch((each: unknown) => each);
  expect(error).toMatchObject({
    exitCode: 69,
    message: expect.stringMatching(/Algolia answered 503, for \d+ s$/),
    remedy: expect.stringContaining('Compare again'),
  });
  // A second for the first request, five minutes of waiting, and a second for the last one.
  expect(nowMs()).toBeLessThanOrEqual(302_000);
  expect(nowMs()).toBeGreaterThan(250_000);
});

test('as long as it is asked to, which may be longer than anybody waits', async () => {
  const patient = failingUntil(119_000, { retryAfterMs: 60_000 });
  await patient.reader.records(['1']);
  expect(patient.pauses).toEqual([60_000, 60_000]);
  const { reader, pauses } = failingUntil(Number.POSITIVE_INFINITY, { retryAfterMs: 200_000 });
  await expect(reader.records(['1'])).rejects.toMatchObject({
    exitCode: 69,
    message: expect.stringMatching(/for 200 s, and asks for 200 s more$/),
  });
  expect(pauses).toEqual([200_000]);
});

test('a new request has its own patience', async () => {
  const { reader, nowMs } = failingUntil(200_000);
  await reader.records(['1']);
  const before = nowMs();
  await reader.records(['1']);
  expect(nowMs() - before).toBe(20);
});
