import { expect, test } from 'vitest';
import type { Fault } from '../../../src/local/algolia/faults.ts';
import { waitFor } from '../../support/wait-for.ts';
import { clientOf, type Served, save, served } from './served.ts';

const indexName = 'log';
const write = ({ client }: Served, n: number) => client.saveObject({ indexName, body: { objectID: 'a', n } });
const value = ({ server }: Served) => JSON.parse(server.record(indexName, 'a') ?? '{}').n;
const unreachable = { name: 'RetryError' };

test.each([
  [
    { kind: 'refuse', status: 403 },
    { status: 403, message: 'Method not allowed with this API key' },
  ],
  [
    { kind: 'refuse', status: 400, message: 'Record at …', fields: { position: 3 } },
    { status: 400, message: 'Record at …' },
  ],
  [
    { kind: 'refuse', status: 401 },
    { status: 401, message: 'Invalid Application-ID or API key' },
  ],
  [
    { kind: 'refuse', status: 402 },
    { status: 402, message: 'Payment required' },
  ],
  [
    { kind: 'refuse', status: 403, message: 'You have exceeded your Record quota' },
    { status: 403, message: 'You have exceeded your Record quota' },
  ],
  [{ kind: 'refuse', status: 413 }, { status: 413 }],
  [
    { kind: 'refuse', status: 429 },
    { status: 429, message: 'Too many jobs' },
  ],
  [{ kind: 'refuse', status: 503 }, unreachable],
  [{ kind: 'reset', when: 'before' }, unreachable],
] as [Fault, object][])('%j does nothing, once', async (fault, error) => {
  await using context = await served();
  context.server.faults.add(fault);
  await expect(write(context, 1)).rejects.toMatchObject(error);
  expect(context.server.faults.waiting).toEqual([]);
  expect(context.server.faults.met).toBe(1);
  await save(context.client, indexName, [{ objectID: 'b' }]);
  expect(value(context)).toBeUndefined();
});

test('Retry-After is sent when it is asked for, fields stand in the body', async () => {
  await using context = await served();
  const { server } = context;
  server.faults.add(
    { kind: 'refuse', status: 429, retryAfterSeconds: 7 },
    { kind: 'refuse', status: 400, fields: { objectID: 'x' } },
  );
  const first = await fetch(`${server.url}/1/indexes`);
  expect([first.status, first.headers.get('retry-after')]).toEqual([429, '7']);
  const second = await fetch(`${server.url}/1/indexes`);
  expect([second.headers.get('retry-after'), await second.json()]).toEqual([
    null,
    { message: 'Invalid request', status: 400, objectID: 'x' },
  ]);
});

test('a storm of 429 holds for as many requests as it says, each with Retry-After', async () => {
  await using context = await served();
  const { server } = context;
  server.faults.add({
    kind: 'refuse',
    status: 429,
    message: 'old jobs on the queue',
    retryAfterSeconds: 2,
    times: 40,
  });
  const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(`${server.url}/1/indexes`)));
  const refused = answers.filter(
    ({ status, headers }) => status === 429 && headers.get('retry-after') === '2',
  );
  expect(refused).toHaveLength(40);
  expect(await refused[0]?.json()).toEqual({ message: 'old jobs on the queue', status: 429 });
  expect(answers.filter(({ headers }) => headers.has('retry-after'))).toHaveLength(40);
});

test('a fault meets the requests that it names, and lets the first ones pass', async () => {
  await using context = await served();
  const { server, client } = context;
  server.faults.add({
    kind: 'refuse',
    status: 429,
    times: 2,
    skip: 1,
    method: 'post',
    path: '/batch',
    index: indexName,
  });
  await client.saveObject({ indexName, body: { objectID: 'a' } });
  await client.saveObjects({ indexName: 'other', objects: [{ objectID: 'a' }] });
  const outcomes: unknown[] = [];
  for (let n = 0; n < 4; n += 1) {
    const outcome = client.saveObjects({ indexName, objects: [{ objectID: 'a', n }] });
    outcomes.push(
      await outcome.then(
        () => 'accepted',
        (error: { status: number }) => error.status,
      ),
    );
  }
  expect(outcomes).toEqual(['accepted', 429, 429, 'accepted']);
});

test.each([[{ kind: 'reset', when: 'after' }], [{ kind: 'lost', closeAfterMs: 5 }]] as [Fault][])(
  '%j applies what is never answered',
  async (fault) => {
    await using context = await served();
    context.server.faults.add(fault);
    await expect(write(context, 1)).rejects.toMatchObject(unreachable);
    await waitFor(() => value(context) === 1, { description: 'the write to take effect' });
  },
);

test('a slow first byte comes after the write has taken effect', async () => {
  await using context = await served();
  const { server } = context;
  server.faults.add({ kind: 'slow', firstByteMs: 600_000 });
  const impatience = new AbortController();
  const given = expect(
    fetch(`${server.url}/1/indexes/${indexName}/a`, {
      method: 'PUT',
      headers: { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.adminKey },
      body: '{"objectID":"a","n":1}',
      signal: impatience.signal,
    }),
  ).rejects.toMatchObject({ name: 'AbortError' });
  await waitFor(() => value(context) === 1, { description: 'the write to take effect' });
  impatience.abort();
  await given;
  server.faults.add({ kind: 'slow', firstByteMs: 10 });
  await write(context, 2);
});

test('a late first copy lands over a newer write', async () => {
  await using context = await served({ journal: true });
  context.server.faults.add({ kind: 'late', applyAfter: 'next', answer: 'reset' });
  await expect(write(context, 1)).rejects.toMatchObject(unreachable);
  const { taskID } = await write(context, 2);
  await context.client.waitForTask({ indexName, taskID });
  await waitFor(() => context.server.journal().applied.length === 2, { description: 'both writes' });
  expect(value(context)).toBe(1);
  const { arrived, applied } = context.server.journal();
  expect(applied).toEqual(arrived.toReversed());
});

test('a task that is late by the clock is not published before', async () => {
  await using context = await served();
  context.server.faults.add({ kind: 'late', applyAfter: 600_000 }, { kind: 'late', applyAfter: 5 });
  const [never, soon] = [await write(context, 1), await write(context, 2)];
  await context.client.waitForTask({ indexName, taskID: soon.taskID });
  expect(value(context)).toBe(2);
  expect(await context.client.getTask({ indexName, taskID: never.taskID })).toMatchObject({
    status: 'notPublished',
  });
});

test('a forgotten task took effect and is not known', async () => {
  await using context = await served();
  context.server.faults.add({ kind: 'forget' });
  const { taskID } = await write(context, 1);
  await waitFor(() => value(context) === 1, { description: 'the write to take effect' });
  await expect(context.client.getTask({ indexName, taskID })).rejects.toMatchObject({
    status: 404,
    message: 'Task does not exist',
  });
});

test('faults are set over HTTP with the admin key, where the server allows it', async () => {
  await using context = await served({ faults: true });
  await using closed = await served();
  const { client, server } = context;
  const path = '1/test/faults';
  await client.customPost({
    path,
    body: {
      faults: [
        { kind: 'refuse', status: 503, path: '/batch' },
        { kind: 'forget', index: 'other' },
      ],
    },
  });
  await expect(client.saveObjects({ indexName, objects: [{ objectID: 'a' }] })).rejects.toMatchObject(
    unreachable,
  );
  expect(await client.customGet({ path })).toEqual({ waiting: [{ kind: 'forget', index: 'other' }], met: 1 });
  await client.customPost({ path, body: { kind: 'poison', objectIDs: ['bad'] } });
  await expect(client.saveObjects({ indexName, objects: [{ objectID: 'bad' }] })).rejects.toMatchObject({
    status: 400,
  });
  await client.customDelete({ path, parameters: { kind: 'forget' } });
  expect(server.faults.waiting).toEqual([{ kind: 'poison', objectIDs: ['bad'] }]);
  await client.customDelete({ path });
  expect(server.faults.waiting).toEqual([]);
  for (const wrong of [
    { kind: 'explode' },
    { kind: 'refuse' },
    { kind: 'late', applyAfter: 'soon' },
    { kind: 'late', applyAfter: { tasks: 0 } },
    { kind: 'late', applyAfter: null },
    { kind: 'forget', times: -1 },
    { kind: 'poison' },
    { kind: 'poison', objectIDs: [1] },
    { kind: 'poison', text: 'a', names: 'all' },
    { kind: 'poison', text: 'a', status: 200 },
    { kind: 'quota' },
    {},
  ]) {
    await expect(client.customPost({ path, body: wrong })).rejects.toMatchObject({ status: 400 });
  }
  const reader = clientOf(server.port, server.appId, server.searchKey);
  await expect(reader.customGet({ path })).rejects.toMatchObject({ status: 403 });
  await expect(closed.client.customGet({ path })).rejects.toMatchObject({ status: 404 });
});

test('closing ends what faults keep waiting', async () => {
  const context = await served();
  context.server.faults.add({ kind: 'lost', closeAfterMs: 600_000 }, { kind: 'slow', firstByteMs: 600_000 });
  const answers = [write(context, 1), write(context, 2)].map((answer) =>
    expect(answer).rejects.toMatchObject(unreachable),
  );
  await waitFor(() => context.server.faults.met === 2, { description: 'both requests' });
  await context.server.close();
  await Promise.all(answers);
});
