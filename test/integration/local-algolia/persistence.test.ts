import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startAlgoliaServer } from '../../../src/local/algolia/server.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { save, served } from './served.ts';

const LOG = 'tasks.ndjson';
const indexName = 'log';
const objectsOf = (count: number, n = 0) =>
  Array.from({ length: count }, (_, id) => ({ objectID: String(id), id, n }));

test('everything is there after a restart, and task ids go on ascending', async () => {
  await using directory = await scratchDirectory();
  const options = { dataDir: directory.path };
  let before: number;
  {
    await using context = await served(options);
    const { client } = context;
    await client.setSettings({ indexName, indexSettings: { ranking: ['desc(id)'] } });
    await save(client, indexName, objectsOf(1_500));
    await save(client, 'other', [{ objectID: 'x' }]);
    await client.deleteBy({ indexName, deleteByParams: { filters: 'id < 500' } });
    await client.partialUpdateObject({ indexName, objectID: '1499', attributesToUpdate: { m: 1 } });
    before = (await client.deleteObject({ indexName, objectID: '1498' })).taskID;
    await client.waitForTask({ indexName, taskID: before });
  }
  await using context = await served(options);
  const { client } = context;
  const { nbHits, hits } = await client.searchSingleIndex({
    indexName,
    searchParams: { hitsPerPage: 2, attributesToHighlight: [] },
  });
  expect([nbHits, hits]).toEqual([
    999,
    [
      { objectID: '1499', id: 1499, n: 0, m: 1 },
      { objectID: '1497', id: 1497, n: 0 },
    ],
  ]);
  expect((await client.listIndices()).items.map(({ name, entries }) => [name, entries])).toEqual([
    [indexName, 999],
    ['other', 1],
  ]);
  expect(await client.getTask({ indexName, taskID: before })).toMatchObject({ status: 'published' });
  expect((await client.deleteObject({ indexName, objectID: '0' })).taskID).toBeGreaterThan(before);
});

test('closing again is harmless: what another server has opened since stays open', async () => {
  await using directory = await scratchDirectory();
  const first = await startAlgoliaServer({ port: 0, dataDir: directory.path });
  await first.close();
  const second = await startAlgoliaServer({ port: 0, dataDir: directory.path });
  await expect(first.close()).resolves.toBeUndefined();
  await second.close();
});

test('what was accepted and had not taken effect does so at the next start', async () => {
  await using directory = await scratchDirectory();
  const taskIDs: number[] = [];
  {
    await using context = await served({ dataDir: directory.path, taskDelayMs: 600_000 });
    const { client, server } = context;
    server.faults.add({ kind: 'late', applyAfter: 600_000 });
    for (const n of [1, 2, 3])
      taskIDs.push((await client.saveObject({ indexName, body: { objectID: 'a', n } })).taskID);
    expect(server.record(indexName, 'a')).toBeUndefined();
  }
  for (let start = 0; start < 2; start += 1) {
    await using context = await served({ dataDir: directory.path });
    expect(context.server.record(indexName, 'a')).toBe('{"objectID":"a","n":1}');
    for (const taskID of taskIDs) {
      expect(await context.client.getTask({ indexName, taskID })).toMatchObject({ status: 'published' });
    }
  }
});

test('a copy taken at any moment under load holds every answered write, each batch whole', async () => {
  await using directory = await scratchDirectory();
  await using context = await served({ dataDir: join(directory.path, 'live'), taskDelayMs: 1 });
  const { client } = context;
  let answered = -1;
  let copies = 0;
  const writing = (async () => {
    for (let n = 0; n < 150; n += 1) {
      // It writes on while a copy is taken, but is not done before there are several.
      await waitFor(() => n <= 30 + copies * 15, { description: 'another copy', intervalMs: 1 });
      const { taskID } = await client.batch({
        indexName,
        batchWriteParams: { requests: objectsOf(20, n).map((body) => ({ action: 'updateObject', body })) },
      });
      expect(taskID).toBeGreaterThan(0);
      answered = n;
    }
  })();
  while (answered < 149) {
    await waitFor(() => answered >= Math.min(149, copies * 15), {
      description: 'another batch',
      intervalMs: 1,
    });
    const atLeast = answered;
    const copy = join(directory.path, `copy-${copies}`);
    await mkdir(copy);
    await copyFile(join(directory.path, 'live', LOG), join(copy, LOG));
    copies += 1;
    await using revived = await served({ dataDir: copy });
    const { hits } = await revived.client
      .searchSingleIndex({ indexName, searchParams: { hitsPerPage: 100 } })
      .catch(() => ({ hits: [] }));
    const versions = new Set(hits.map((hit) => (hit as { n?: number }).n));
    expect(versions.size).toBe(atLeast < 0 && hits.length === 0 ? 0 : 1);
    expect(Math.max(-1, ...[...versions].map(Number))).toBeGreaterThanOrEqual(atLeast);
    if (hits.length > 0) expect(hits).toHaveLength(20);
  }
  await writing;
  expect(copies).toBeGreaterThan(3);
});

test('a torn end is cut off, and what is written then is found again', async () => {
  await using directory = await scratchDirectory();
  const path = join(directory.path, LOG);
  const options = { dataDir: directory.path };
  {
    await using context = await served(options);
    await save(context.client, indexName, objectsOf(3));
    await save(context.client, indexName, objectsOf(3, 1));
  }
  const whole = await readFile(path);
  const second = whole.lastIndexOf('{"task":');
  for (const length of [second, second + 1, second + 40, whole.length - 30, whole.length - 1]) {
    await writeFile(path, whole.subarray(0, length));
    {
      await using context = await served(options);
      expect(context.server.record(indexName, '2')).toBe('{"objectID":"2","id":2,"n":0}');
      expect((await stat(path)).size).toBe(second);
      await save(context.client, indexName, [{ objectID: 'new', length }]);
    }
    await using again = await served(options);
    expect(again.server.record(indexName, 'new')).toBe(`{"objectID":"new","length":${length}}`);
  }
});

test('a log that is mostly garbage is rewritten at the start', async () => {
  await using directory = await scratchDirectory();
  const path = join(directory.path, LOG);
  const options = { dataDir: directory.path };
  let taskID = 0;
  {
    await using context = await served(options);
    const { client } = context;
    await client.setSettings({ indexName, indexSettings: { hitsPerPage: 7 } });
    const text = 'x'.repeat(1_000);
    for (let n = 0; n < 3; n += 1)
      await save(
        client,
        indexName,
        objectsOf(1_200, n).map((object) => ({ ...object, text })),
      );
    taskID = (await client.deleteObject({ indexName, objectID: '5' })).taskID;
    await client.waitForTask({ indexName, taskID });
  }
  const before = (await stat(path)).size;
  for (let start = 0; start < 2; start += 1) {
    await using context = await served(options);
    const { client } = context;
    expect((await stat(path)).size).toBeLessThan(before / 2);
    const { nbHits, hits } = await client.searchSingleIndex({
      indexName,
      searchParams: { numericFilters: ['n=2'] },
    });
    expect([nbHits, hits.map(({ objectID }) => objectID)]).toEqual([
      1_199,
      ['0', '1', '2', '3', '4', '6', '7'],
    ]);
    expect(await client.getTask({ indexName, taskID })).toMatchObject({ status: 'published' });
    const next = await client.saveObject({ indexName, body: { objectID: '5000' } });
    expect(next.taskID).toBeGreaterThan(taskID);
  }
});

test('a log damaged in its middle stops the start, with the place', async () => {
  await using directory = await scratchDirectory();
  await writeFile(
    join(directory.path, LOG),
    '{"format":1,"lastTaskID":1}\nnonsense\n{"applied":1,"waiting":0}\n',
  );
  await expect(startAlgoliaServer({ port: 0, dataDir: directory.path })).rejects.toMatchObject({
    code: 'PRECONDITION',
    message: 'the task log is damaged at byte 28',
  });
});

describe('one server to a directory', () => {
  test('the second one in the same process is refused until the first is closed', async () => {
    await using directory = await scratchDirectory();
    const options = { port: 0, dataDir: directory.path };
    const first = await startAlgoliaServer(options);
    await expect(startAlgoliaServer(options)).rejects.toMatchObject({
      code: 'PRECONDITION',
      message: expect.stringContaining(`(process ${process.pid})`),
      remedy: expect.stringContaining('directory of its own'),
    });
    await first.close();
    await (await startAlgoliaServer(options)).close();
  });

  test("another process's lock is respected while it lives, and taken over when it is gone", async () => {
    await using directory = await scratchDirectory();
    const lock = join(directory.path, 'lock');
    const holder = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
    try {
      await once(holder, 'spawn');
      await writeFile(lock, JSON.stringify({ pid: holder.pid }));
      const options = { port: 0, dataDir: directory.path };
      await expect(startAlgoliaServer(options)).rejects.toThrow(`(process ${holder.pid})`);
      await writeFile(lock, JSON.stringify({ pid: holder.pid, startedAt: 'another time' }));
      if (process.platform === 'linux') await (await startAlgoliaServer(options)).close();
      await writeFile(lock, JSON.stringify({ pid: holder.pid }));
      holder.kill('SIGKILL');
      await once(holder, 'exit');
      await (await startAlgoliaServer(options)).close();
      for (const left of [JSON.stringify({ pid: process.pid }), '', 'nonsense']) {
        await writeFile(lock, left);
        await (await startAlgoliaServer(options)).close();
      }
      await expect(stat(lock)).rejects.toMatchObject({ code: 'ENOENT' });
    } finally {
      holder.kill('SIGKILL');
    }
  });

  test('a taken port is said, with the cause, and lets go of the directory', async () => {
    await using directory = await scratchDirectory();
    await using context = await served();
    const options = { port: context.server.port, dataDir: directory.path };
    await expect(startAlgoliaServer(options)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(String(context.server.port)),
      cause: { code: 'EADDRINUSE' },
    });
    await (await startAlgoliaServer({ ...options, port: 0 })).close();
  });
});
