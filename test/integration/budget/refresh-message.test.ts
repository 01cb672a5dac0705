import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Lsn } from '../../../src/lsn.ts';
import { askedRefresh, MESSAGE_KEYS_MAX, refreshSteps } from '../../../src/records/refresh-message.ts';

const tables = { 'public.t': { index: 't', objectID: ['id'] } };
const RECORD_BYTES_MAX = 10_000;
/** What is left when nothing else is: 17 MB were measured with keys of ten characters, and a million of them had 152 MB. */
const HEAP_BYTES_MAX = 25_000_000;

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new TypeError('nothing collects garbage');
  collect();
  return process.memoryUsage().heapUsed;
}

test('the steps of the largest message that is heeded are held at once, and are no more than a bound', () => {
  const objectIDs = Array.from({ length: MESSAGE_KEYS_MAX }, (_, at) => String(1_000_000_000 + at));
  const content = Buffer.from(JSON.stringify({ refresh: { table: 'public.t', objectIDs } }));
  const message = {
    tag: 'message',
    transactional: true,
    lsn: 1n as Lsn,
    prefix: 'wal2algolia',
    content,
  } as const;
  const before = heapBytes();
  const asked = askedRefresh(message, tables, RECORD_BYTES_MAX);
  const steps = typeof asked === 'string' ? [] : refreshSteps(asked, tables, RECORD_BYTES_MAX);
  const bytes = heapBytes() - before;
  expect(steps).toHaveLength(MESSAGE_KEYS_MAX);
  expect(bytes).toBeLessThanOrEqual(HEAP_BYTES_MAX);
  // The meter does see them.
  expect(bytes).toBeGreaterThan(32 * MESSAGE_KEYS_MAX);
});
