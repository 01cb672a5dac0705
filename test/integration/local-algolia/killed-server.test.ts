import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { compiledServer, startedProcess } from './compiled-server.ts';
import { clientOf, type Served, save, served } from './served.ts';

const KILLS = 5;
const indexName = 'log';

test('kill -9 under load loses no answered write, tears no batch, and frees the directory', async () => {
  await using directory = await scratchDirectory();
  const main = await compiledServer(directory.path);
  const dataDir = join(directory.path, 'data');
  let answered = -1;
  let sent = -1;
  for (let round = 0; round < KILLS; round += 1) {
    const server = await startedProcess(main, dataDir);
    try {
      const client = clientOf(server.port, 'local', 'local-admin-key');
      const stopAfter = answered + 5 + round * 7;
      for (let alive = true; alive; ) {
        sent += 1;
        const objects = Array.from({ length: 50 }, (_, id) => ({ objectID: String(id), n: sent, round }));
        const write = client.batch({
          indexName,
          batchWriteParams: { requests: objects.map((body) => ({ action: 'updateObject', body })) },
        });
        const outcome = write.then(
          () => {
            answered = sent;
          },
          () => {
            alive = false;
          },
        );
        if (sent >= stopAfter) {
          alive = false;
          await server.kill();
        }
        await outcome;
      }
    } finally {
      await server.kill();
    }
  }
  await using revived = await served({ dataDir });
  const { hits, nbHits } = await revived.client.searchSingleIndex({
    indexName,
    searchParams: { hitsPerPage: 100 },
  });
  const versions = new Set(hits.map((hit) => (hit as unknown as { n: number }).n));
  expect([nbHits, versions.size]).toEqual([50, 1]);
  const [version = -1] = versions;
  expect(version).toBeGreaterThanOrEqual(answered);
  expect(version).toBeLessThanOrEqual(sent);
});

test('kill -9 loses no answered increment, copy or key, and repeats none', async () => {
  await using directory = await scratchDirectory();
  const main = await compiledServer(directory.path);
  const dataDir = join(directory.path, 'data');
  const keys: string[] = [];
  let answered = 0;
  let sent = 0;
  for (let round = 0; round < KILLS; round += 1) {
    const server = await startedProcess(main, dataDir);
    try {
      const client = clientOf(server.port, 'local', 'local-admin-key');
      keys.push((await client.addApiKey({ acl: ['search'], description: String(round) })).key);
      const increment = (value: number) => ({ _operation: 'Increment' as const, value });
      const attributesToUpdate = { n: increment(1), seen: { _operation: 'Add' as const, value: round } };
      let alive = true;
      for (let count = 0; alive; count += 1) {
        sent += 1;
        const write = client.partialUpdateObject({ indexName, objectID: 'a', attributesToUpdate });
        const outcome = write.then(
          () => {
            answered += 1;
          },
          () => {
            alive = false;
          },
        );
        if (count === 10 + round * 7) await server.kill();
        await outcome;
        if (count === 5)
          await client.operationIndex({
            indexName,
            operationIndexParams: { operation: 'copy', destination: `copy-${round}` },
          });
      }
    } finally {
      await server.kill();
    }
  }
  for (let start = 0; start < 2; start += 1) {
    await using revived = await served({ dataDir });
    const record = JSON.parse(revived.server.record(indexName, 'a') ?? '{}');
    expect(record.n).toBeGreaterThanOrEqual(answered);
    expect(record.n).toBeLessThanOrEqual(sent);
    expect(record.seen).toHaveLength(record.n);
    const copies = Array.from({ length: KILLS }, (_, round) =>
      JSON.parse(revived.server.record(`copy-${round}`, 'a') ?? '{}'),
    );
    expect(copies.map(({ seen }) => seen.filter((round: number) => round === seen.at(-1)).length)).toEqual(
      Array(KILLS).fill(6),
    );
    const descriptions = await Promise.all(
      keys.map(async (key) => (await revived.client.getApiKey({ key })).description),
    );
    expect(descriptions).toEqual(keys.map((_, round) => String(round)));
  }
});

test('kill -9 with lost requests pending: each lands once, over what is newer, and nothing of what was refused', async () => {
  await using directory = await scratchDirectory();
  const main = await compiledServer(directory.path);
  const dataDir = join(directory.path, 'data');
  const path = '1/test/faults';
  const first = await startedProcess(main, dataDir);
  try {
    const client = clientOf(first.port, 'local', 'local-admin-key');
    const write = (n: number, ...objectIDs: string[]) =>
      client.batch({
        indexName,
        batchWriteParams: {
          requests: objectIDs.map((objectID) => ({ action: 'updateObject', body: { objectID, n } })),
        },
      });
    const faults = [
      { kind: 'late', applyAfter: { tasks: 99 }, answer: 'reset' },
      { kind: 'poison', objectIDs: ['bad'] },
    ];
    await client.customPost({ path, body: { faults } });
    await expect(write(1, 'a', 'b')).rejects.toMatchObject({ name: 'RetryError' });
    await write(2, 'a', 'b');
    await expect(write(3, 'a', 'bad')).rejects.toMatchObject({ status: 400 });
    await client.customPost({ path, body: { kind: 'lost', closeAfterMs: 600_000 } });
    const unanswered = expect(write(4, 'c')).rejects.toMatchObject({ name: 'RetryError' });
    await waitFor(async () => Number((await client.customGet({ path }))['met']) === 3, {
      description: 'the request that is never answered',
    });
    await first.kill();
    await unanswered;
  } finally {
    await first.kill();
  }
  const versions = ({ server }: Served) =>
    ['a', 'b', 'bad', 'c'].map((objectID) => JSON.parse(server.record(indexName, objectID) ?? '{}').n);
  {
    await using revived = await served({ dataDir });
    expect(versions(revived)).toEqual([1, 1, undefined, 4]);
    await save(revived.client, indexName, [{ objectID: 'a', n: 5 }]);
  }
  await using again = await served({ dataDir });
  expect(versions(again)).toEqual([5, 1, undefined, 4]);
});

test('a full disk: what does not fit is not accepted, what fits behind it is, and all of that is there later', async () => {
  await using directory = await scratchDirectory();
  const main = await compiledServer(directory.path);
  const dataDir = join(directory.path, 'data');
  const server = await startedProcess(main, dataDir, 64);
  const accepted: string[] = [];
  try {
    const client = clientOf(server.port, 'local', 'local-admin-key');
    const write = (objectID: string, bytes: number) =>
      client.saveObject({ indexName, body: { objectID, text: 'x'.repeat(bytes) } });
    let full = false;
    for (let n = 0; !full; n += 1) {
      const [outcome] = await Promise.allSettled([write(String(n), 9_000)]);
      if (outcome.status === 'fulfilled') accepted.push(String(n));
      else full = true;
    }
    await write('small', 1);
    await expect(write('large', 9_000)).rejects.toMatchObject({ name: 'RetryError' });
    await write('last', 1);
    accepted.push('small', 'last');
  } finally {
    await server.kill();
  }
  expect(accepted.length).toBeGreaterThan(4);
  await using revived = await served({ dataDir });
  const { hits } = await revived.client.searchSingleIndex({ indexName, searchParams: { hitsPerPage: 100 } });
  expect(hits.map(({ objectID }) => objectID).toSorted()).toEqual(accepted.toSorted());
});
