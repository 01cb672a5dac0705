import { Agent, request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { Fault } from '../../../src/local/algolia/faults.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type Served, save, served } from './served.ts';

/** What a request may meet, whether it is answered with success then, and whether it is accepted. */
const MISHAPS: readonly { faults: readonly Fault[]; answered: boolean; accepted: boolean }[] = [
  { faults: [], answered: true, accepted: true },
  { faults: [{ kind: 'refuse', status: 503 }], answered: false, accepted: false },
  { faults: [{ kind: 'reset', when: 'before' }], answered: false, accepted: false },
  { faults: [{ kind: 'reset', when: 'after' }], answered: false, accepted: true },
  { faults: [{ kind: 'lost', closeAfterMs: 3 }], answered: false, accepted: true },
  { faults: [{ kind: 'slow', firstByteMs: 3 }], answered: true, accepted: true },
  { faults: [{ kind: 'late', applyAfter: 3 }], answered: true, accepted: true },
  { faults: [{ kind: 'late', applyAfter: 3, answer: 'reset' }], answered: false, accepted: true },
  { faults: [{ kind: 'forget' }], answered: true, accepted: true },
  { faults: [{ kind: 'poison', objectIDs: ['2'] }], answered: false, accepted: false },
  {
    faults: [
      { kind: 'poison', objectIDs: ['2'] },
      { kind: 'slow', firstByteMs: 3 },
    ],
    answered: false,
    accepted: false,
  },
  {
    faults: [
      { kind: 'quota', recordsMax: 2 },
      { kind: 'reset', when: 'after' },
    ],
    answered: false,
    accepted: false,
  },
];

const OBJECT_IDS = ['1', '2', '3'];

/** A batch of its own index, so that it meets the faults of that index. */
async function write({ client }: Served, indexName: string): Promise<boolean> {
  const requests = OBJECT_IDS.map((objectID) => ({ action: 'updateObject' as const, body: { objectID } }));
  const [outcome] = await Promise.allSettled([client.batch({ indexName, batchWriteParams: { requests } })]);
  return outcome.status === 'fulfilled';
}

test('the journal has each accepted request once and whole, and no other, whatever happens to connections', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...MISHAPS), { minLength: 1, maxLength: 40 }),
      async (mishaps) => {
        await using context = await served({ journal: true });
        const { server } = context;
        mishaps.forEach(({ faults }, place) => {
          server.faults.add(...faults.map((fault) => ({ ...fault, index: `i${place}` })));
        });
        const answered = await Promise.all(mishaps.map((_, place) => write(context, `i${place}`)));
        expect(answered).toEqual(mishaps.map((mishap) => mishap.answered));
        const accepted = mishaps.flatMap((mishap, place) => (mishap.accepted ? [`i${place}`] : []));
        await waitFor(() => server.journal().applied.length === accepted.length, {
          description: 'all tasks to take effect',
          intervalMs: 1,
        });
        const { arrived, applied } = server.journal();
        const indices = arrived.map(({ index }) => index);
        expect(indices.toSorted()).toEqual(accepted.toSorted());
        expect(new Set(applied)).toEqual(new Set(arrived));
        expect(arrived.every(({ operations }) => operations.length === OBJECT_IDS.length)).toBe(true);
        const present = mishaps.map((_, place) =>
          OBJECT_IDS.filter((objectID) => server.record(`i${place}`, objectID) !== undefined),
        );
        expect(present).toEqual(mishaps.map((mishap) => (mishap.accepted ? OBJECT_IDS : [])));
      },
    ),
    { numRuns: 20 },
  );
});

const indexName = 'log';
const ok = { action: 'updateObject', body: { objectID: 'ok' } };

test.each([
  ['a record that is too big', [ok, { action: 'addObject', body: { text: 'x'.repeat(200) } }]],
  ['an action that there is not', [ok, { action: 'upsert', body: { objectID: 'a' } }]],
  ['a record without an objectID', [ok, { action: 'updateObject', body: { n: 1 } }]],
  ['a record that is a list', [ok, { action: 'updateObject', body: [] }]],
  ['an entry that is a number', [ok, 1]],
  ['a deletion that the key may not make', [ok, { action: 'deleteObject', body: { objectID: 'a' } }]],
  ['clearing what the key may not clear', [ok, { action: 'clear' }]],
  [
    'an operation that there is not',
    [ok, { action: 'partialUpdateObject', body: { objectID: 'a', n: { _operation: 'Times', value: 2 } } }],
  ],
])('%s refuses the batch before it, in one index and in several', async (_, requests) => {
  const keys = [{ value: 'writer', acl: ['addObject'] as const, indexes: [indexName, 'other'] }];
  await using context = await served({ journal: true, recordBytesMax: 100, keys });
  const { server } = context;
  const send = async (index: string, list: readonly unknown[]) => {
    const headers = { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': 'writer' };
    const body = JSON.stringify({ requests: list });
    return (await fetch(`${server.url}/1/indexes/${index}/batch`, { method: 'POST', headers, body })).status;
  };
  expect(await send(indexName, requests)).toBeGreaterThanOrEqual(400);
  const several = requests.map((entry, place) =>
    typeof entry === 'object' ? { ...entry, indexName: place === 0 ? indexName : 'other' } : entry,
  );
  expect(await send('*', several)).toBeGreaterThanOrEqual(400);
  expect(
    await send('*', [
      { ...ok, indexName },
      { ...ok, indexName: 'forbidden' },
    ]),
  ).toBe(403);
  expect(server.journal()).toEqual({ arrived: [], applied: [] });
  expect(
    await send('*', [
      { ...ok, indexName },
      { ...ok, indexName: 'other' },
    ]),
  ).toBe(200);
});

test('a request cut off in its body is not accepted, however much of it is there', async () => {
  await using context = await served({ journal: true });
  const { server, client } = context;
  const body = JSON.stringify({ requests: [ok, ok] });
  for (const cut of [1, body.length - 1, body.length]) {
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    const sent = httpRequest(`${server.url}/1/indexes/${indexName}/batch`, {
      method: 'POST',
      agent,
      headers: {
        'x-algolia-application-id': server.appId,
        'x-algolia-api-key': server.adminKey,
        'content-length': body.length + 1,
        expect: '100-continue',
      },
    });
    await new Promise((resolve) => sent.once('continue', resolve));
    const ended = new Promise((resolve) => sent.once('close', resolve));
    sent.once('error', () => undefined);
    await new Promise<void>((resolve) => sent.write(body.slice(0, cut), () => resolve()));
    sent.destroy();
    await ended;
  }
  await save(client, indexName, [{ objectID: 'later' }]);
  expect(server.journal().arrived).toHaveLength(1);
});
