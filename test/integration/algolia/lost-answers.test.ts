import fc from 'fast-check';
import { firstValueFrom } from 'rxjs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createAlgolia } from '../../../src/algolia/client.ts';
import { createWriter } from '../../../src/algolia/writer.ts';
import type { Fault } from '../../../src/local/algolia/faults.ts';
import { startAlgoliaServer } from '../../../src/local/algolia/server.ts';
import type { Task } from '../../../src/local/algolia/write-operation.ts';
import type { Operation } from '../../../src/records/operations.ts';
import { waitFor } from '../../support/wait-for.ts';

const BATCH = 'POST /1/indexes/:index/batch';

/** The client and the writer as the pipeline uses them, with their own timeouts. */
async function start() {
  const server = await startAlgoliaServer({ port: 0, journal: true });
  onTestFinished(() => server.close());
  const { appId, adminKey: apiKey, url } = server;
  const algolia = createAlgolia({ appId, apiKey, hosts: [url], compression: 'none' });
  onTestFinished(() => algolia.close());
  const onRetry = vi.fn();
  const writer = createWriter({ algolia, fence: async () => {}, onRetry, random: () => 0 });
  return { server, onRetry, write: (n: number) => firstValueFrom(writer.write([update(n)])) };
}

function update(n: number): Operation {
  const bytes = Buffer.from(`{"action":"updateObject","body":{"objectID":"1","n":${n}}}`);
  const facts = { kind: 'update', table: 'public.audit_log', index: 'audit_log', objectID: '1' } as const;
  return { ...facts, bytes, start: 0, end: bytes.length };
}

test('first byte after 2 s: one delivery, not two', async () => {
  const { server, onRetry, write } = await start();
  server.faults.add({ kind: 'slow', firstByteMs: 2_500, path: '/batch' });
  expect(await write(1)).toMatchObject({ records: 1 });
  expect(onRetry).not.toHaveBeenCalled();
  expect(server.requests[BATCH]).toBe(1);
  expect(server.journal().arrived).toHaveLength(1);
});

test('a request that was accepted and whose answer was lost takes effect behind a newer write', async () => {
  const { server, onRetry, write } = await start();
  const applied = () => server.journal().applied;
  server.faults.add({ kind: 'late', applyAfter: { tasks: 2 }, answer: 'reset', path: '/batch' });
  await write(1);
  expect(onRetry).toHaveBeenCalledTimes(1);
  await write(2);
  await waitFor(() => applied().length === 3, { description: 'the copy, the newer write and the lost one' });
  expect(server.record('audit_log', '1')).toBe('{"objectID":"1","n":1}');
  const [first, second, third] = server.journal().arrived;
  expect(applied()).toEqual([second, third, first]);
  expect(second?.operations).toEqual(first?.operations);
  expect(first?.arrival?.connection).not.toBe(second?.arrival?.connection);
});

const LOST: Fault = { kind: 'late', applyAfter: { tasks: 2 }, answer: 'reset' };
const MISHAPS: readonly Fault[] = [
  { kind: 'refuse', status: 503 },
  { kind: 'reset', when: 'before' },
  { kind: 'reset', when: 'after' },
  { kind: 'lost', closeAfterMs: 2 },
  { kind: 'slow', firstByteMs: 2 },
  LOST,
  { kind: 'late', applyAfter: 5 },
];

function versionsOf(tasks: readonly Task[]): readonly number[] {
  return tasks.flatMap(({ operations }) =>
    operations.map((operation) =>
      operation.kind === 'set' ? (JSON.parse(operation.record.toString()) as { n: number }).n : Number.NaN,
    ),
  );
}

const ascending = (a: number, b: number) => a - b;

test('whatever is lost on the way, what a session sends never goes back, and the server can tell from what lands', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...MISHAPS), { minLength: 5, maxLength: 20 }),
      async (drawn) => {
        const { server, write } = await start();
        const mishaps = [LOST, ...drawn];
        for (const [place, mishap] of mishaps.entries()) {
          server.faults.add({ ...mishap, path: '/batch' });
          await write(place);
        }
        // So many that nothing is held back any more.
        for (const more of [0, 1]) await write(mishaps.length + more);
        const { arrived, applied } = server.journal();
        await waitFor(() => applied.length === arrived.length, { description: 'all tasks', intervalMs: 1 });
        const sent = versionsOf(
          arrived.toSorted((a, b) => (a.arrival?.request ?? 0) - (b.arrival?.request ?? 0)),
        );
        expect(sent).toEqual(sent.toSorted(ascending));
        expect(new Set(sent).size).toBe(mishaps.length + 2);
        expect(versionsOf(applied)).not.toEqual(sent);
      },
    ),
    { numRuns: 10 },
  );
});
