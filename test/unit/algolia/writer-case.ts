import { afterEach, beforeEach, vi } from 'vitest';
import { RefusedError, TooLargeError, TransientError } from '../../../src/algolia/failures.ts';
import { createWriter, type WriterOptions } from '../../../src/algolia/writer.ts';
import type { Accepted } from '../../../src/algolia/written.ts';
import type { Step } from '../../../src/records/operations.ts';
import { unasked } from './operations.ts';

const cause = new Error('cause');
export const unavailable = new TransientError('writing', { cause, status: 503, outcomeUnknown: false });
export const slowDown = new TransientError('writing', {
  cause,
  status: 429,
  outcomeUnknown: false,
  retryAfterMs: 4_000,
});
export const refused = new RefusedError('writing', { status: 403, reason: 'not allowed', cause });
export const tooLarge = new TooLargeError('writing', { status: 413, reason: 'too large', cause });

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

type Request = { index: string; ids: string[]; accept(taskID: number): void; fail(error: unknown): void };

/** An index whose answers the test gives, request by request. */
export function harness(options: Partial<WriterOptions> = {}) {
  const requests: Request[] = [];
  const fence = vi.fn(async () => {});
  const batch = (index: string, body: Uint8Array) =>
    new Promise<{ taskID: number }>((resolve, reject) => {
      const { requests: sent } = JSON.parse(Buffer.from(body).toString());
      const ids = sent.map((each: { body: { objectID: string } }) => each.body.objectID);
      requests.push({ index, ids, accept: (taskID) => resolve({ taskID }), fail: reject });
    });
  const writer = createWriter({
    algolia: { batch, browse: unasked, isPublished: unasked },
    fence,
    random: () => 0.5,
    nowMs: () => 7,
    ...options,
  });
  const results: Accepted[] = [];
  const errors: unknown[] = [];
  const write = (steps: readonly Step[]) =>
    writer.write(steps).subscribe({
      next: (written) => results.push(written),
      error: (error: unknown) => errors.push(error),
    });
  const request = (at: number): Request => {
    const found = requests[at];
    if (found === undefined) throw new Error(`request ${at} was not sent`);
    return found;
  };
  return { requests, request, fence, writer, results, errors, write };
}

/** Lets promises take their turns without any time passing. */
export const turns = () => vi.advanceTimersByTimeAsync(0);
