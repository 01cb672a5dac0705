import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { compiledServer, startedProcess } from './compiled-server.ts';
import { clientOf, served } from './served.ts';

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
