import { expect, test, vi } from 'vitest';
import { TransientError } from '../../../src/algolia/failures.ts';
import { Unsettled } from '../../../src/algolia/unsettled.ts';
import { createWriter } from '../../../src/algolia/writer.ts';
import type { Truncation } from '../../../src/records/operations.ts';
import { operation } from '../algolia/operations.ts';
import { harness, tooLarge, turns, unavailable } from '../algolia/writer-case.ts';

const lost = new TransientError('writing', {
  cause: new Error('c'),
  status: undefined,
  outcomeUnknown: true,
});
const bytes = Buffer.from('{"action":"clear","body":{}}');
const clear: Truncation = {
  kind: 'truncate',
  table: 'public.audit_log',
  index: 'a',
  prefix: undefined,
  bytes,
  start: 0,
  end: bytes.length,
};

test('T10 what is written behind a clearing of unknown outcome is not wiped by a late copy of it', async () => {
  let now = 0;
  const unsettled = new Unsettled(100);
  const { write, requests, request, results } = harness({ unsettled, nowMs: () => now });
  write([operation('old'), clear, operation('1')]);
  await turns();
  request(0).fail(lost);
  await vi.advanceTimersByTimeAsync(60_000);
  request(1).accept(1);
  await turns();
  expect(results).toHaveLength(1);
  write([operation('5')]);
  await turns();
  // Either it waits until no copy can come any more, or it is refreshed then.
  const sent = requests.length;
  now = 100;
  expect(sent === 2 || unsettled.due(100).some(({ objectID }) => objectID === '5')).toBe(true);
});

test('T11 a deletion of unknown outcome during the removal, and the row is inserted again behind it', async () => {
  const unsettled = new Unsettled(100);
  const sent: string[] = [];
  let browsed = 0;
  let deletions = 0;
  const writer = createWriter({
    unsettled,
    nowMs: () => 0,
    random: () => 0,
    fence: async () => {},
    algolia: {
      batch: async (_index, body) => {
        const text = Buffer.from(body).toString();
        sent.push(text);
        if (text.includes('"a:1"') && text.includes('deleteObject') && deletions++ === 0) throw lost;
        return { taskID: sent.length };
      },
      browse: async () => ({ objectIDs: browsed++ === 0 ? ['a:1'] : [], cursor: undefined }),
      isPublished: async () => true,
    },
  });
  let done = false;
  writer.write([{ ...clear, prefix: 'a:' }, operation('a:1')]).subscribe(() => {
    done = true;
  });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(done).toBe(true);
  expect(sent.at(-1)).toContain('updateObject');
  expect(unsettled.due(100).map(({ objectID }) => objectID)).toEqual(['a:1']);
});
void tooLarge;
void unavailable;
