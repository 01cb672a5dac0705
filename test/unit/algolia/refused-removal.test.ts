import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createWriter } from '../../../src/algolia/writer.ts';
import { MassRefusalError } from '../../../src/errors.ts';
import type { Truncation } from '../../../src/records/operations.ts';
import { refusal } from './refusing-index.ts';

const NO_BYTES = Buffer.alloc(0);
const TRUNCATION: Truncation = {
  kind: 'truncate',
  table: 'public.audit_log',
  index: 'a',
  prefix: 'log:',
  bytes: NO_BYTES,
  start: 0,
  end: 0,
};

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test.each(['log:1', 'log:'])(
  'a deletion that is refused while a table is emptied is told, and waited for (%s)',
  async (refused) => {
    let isMended = false;
    let walks = 0;
    const left = new Set(['log:1', 'log:2', 'other:1']);
    const onRetry = vi.fn();
    const writer = createWriter({
      fence: async () => {},
      onRetry,
      algolia: {
        batch: async (_index, body) => {
          const { requests } = JSON.parse(Buffer.from(body).toString());
          const ids: string[] = requests.map((each: { body: { objectID: string } }) => each.body.objectID);
          if (!isMended && ids.includes(refused)) throw refusal({ position: undefined, objectID: refused });
          for (const id of ids) left.delete(id);
          return { taskID: 1 };
        },
        browse: async () => {
          walks += 1;
          if (walks > 100) throw new Error('it walks without a pause');
          return { objectIDs: [...left], cursor: undefined };
        },
        isPublished: async () => true,
      },
    });
    const results: unknown[] = [];
    const errors: unknown[] = [];
    writer
      .write([TRUNCATION])
      .subscribe({ next: (each) => results.push(each), error: (error) => errors.push(error) });
    await vi.advanceTimersByTimeAsync(30_000);
    expect([results, errors]).toEqual([[], []]);
    expect(onRetry.mock.calls[0]?.[0]).toMatchObject({ waits: true, error: expect.any(MassRefusalError) });
    isMended = true;
    await vi.advanceTimersByTimeAsync(120_000);
    expect(errors).toEqual([]);
    expect(results).toHaveLength(1);
    expect([...left]).toEqual(['other:1']);
  },
);
