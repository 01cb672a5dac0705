import { vi } from 'vitest';
import { RefusedError } from '../../../src/algolia/failures.ts';
import type { NamedRecord } from '../../../src/algolia/named-record.ts';
import { createWriter, type WriterOptions } from '../../../src/algolia/writer.ts';
import type { Accepted } from '../../../src/algolia/written.ts';
import type { Step } from '../../../src/records/operations.ts';
import { unasked } from './operations.ts';

export type RefusalNames = 'fields' | 'message' | 'nothing' | 'the wrong one';

/** An index that refuses every request with a record whose objectID `isBad`, and takes the others. */
export function refusingIndex(
  isBad: (objectID: string) => boolean,
  names: RefusalNames,
  options: Partial<WriterOptions> = {},
) {
  const taken: string[] = [];
  const requests: (readonly string[])[] = [];
  const batch = async (_index: string, body: Uint8Array): Promise<{ taskID: number }> => {
    const { requests: sent } = JSON.parse(Buffer.from(body).toString());
    const ids: string[] = sent.map((each: { body: { objectID: string } }) => each.body.objectID);
    requests.push(ids);
    const position = ids.findIndex(isBad);
    if (position !== -1) throw refusal(named(ids, position, names));
    taken.push(...ids);
    return { taskID: requests.length };
  };
  const writer = createWriter({
    algolia: { batch, browse: unasked, isPublished: unasked },
    fence: async () => {},
    random: () => 0.5,
    ...options,
  });
  const results: Accepted[] = [];
  const errors: unknown[] = [];
  const write = (steps: readonly Step[]) =>
    writer.write(steps).subscribe({
      next: (accepted) => results.push(accepted),
      error: (error: unknown) => errors.push(error),
    });
  const done = async (count = 1): Promise<void> => {
    await vi.waitFor(
      () => {
        if (results.length + errors.length < count) throw new Error('not written yet');
      },
      { interval: 1, timeout: 60_000 },
    );
  };
  return { taken, requests, results, errors, write, done };
}

export function refusal(named: NamedRecord, reason = 'record is too big'): RefusedError {
  return new RefusedError('writing', { status: 400, reason, cause: new Error('cause'), named });
}

function named(ids: readonly string[], position: number, names: RefusalNames): NamedRecord {
  const objectID = ids[position];
  switch (names) {
    case 'fields':
      return { position, objectID };
    case 'message':
      return { position: undefined, objectID };
    case 'the wrong one':
      return { position: (position + 1) % ids.length, objectID: undefined };
    case 'nothing':
      return { position: undefined, objectID: undefined };
  }
}
