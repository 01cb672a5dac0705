import { expect, test } from 'vitest';
import type { ConfigInput } from '../../src/config/schema.ts';
import { drained } from '../support/line.ts';
import type { TestDatabase } from '../support/postgres.ts';
import { waitFor } from '../support/wait-for.ts';
import { startLoad } from './audit-log-load.ts';
import { createPast } from './backfill/past-rows.ts';
import { ending, expectHeld, expectWhole, openScene, type Scene } from './backfill/scene.ts';
import { startOwnCluster } from './own-cluster.ts';
import { refused } from './scenario.ts';

const ROWS = 4_000;

type Verified = {
  readonly code: number | null;
  readonly differences: number;
  readonly tables: readonly Readonly<Record<string, unknown>>[];
};

/** The audit log, or what is made in its place, and an index that holds what it must. */
async function openFilled(
  options: {
    readonly config?: Pick<ConfigInput, 'tables' | 'batch'>;
    readonly database?: TestDatabase;
    readonly create?: (database: TestDatabase) => Promise<unknown>;
  } = {},
): Promise<Scene> {
  const scene = await openScene({
    create: (database) => createPast(database, ROWS),
    config: { batch: { recordsMax: 5_000 } },
    ...options,
  });
  scene.server.faults.clear();
  const filled = await ending(scene.start(['backfill']));
  expect(filled, filled.said).toMatchObject({ code: 0 });
  return scene;
}

async function verify(scene: Scene, ...args: readonly string[]): Promise<Verified> {
  const command = scene.start(['verify', '--json', ...args]);
  const { code, said } = await ending(command);
  if (code !== 0 && code !== 65) throw new Error(`verify ended with ${code}: ${said}`);
  return { code, ...(JSON.parse(command.stdout()) as Omit<Verified, 'code'>) };
}

/** Writes to the index behind the pipeline's back. */
async function tamper({ server }: Scene, how: 'batch' | 'clear', body: object): Promise<void> {
  const before = server.journal().applied.length;
  const answer = await fetch(`${server.url}/1/indexes/audit_log/${how}`, {
    method: 'POST',
    headers: { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.adminKey },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`writing to the index answered ${answer.status}`);
  await waitFor(() => server.journal().applied.length > before, { description: 'what was written' });
}

const removed = (objectID: string) => ({ action: 'deleteObject', body: { objectID } });
const written = (body: object) => ({ action: 'updateObject', body });

/** Of each of four kinds so many, behind that id, and one attribute that is off by a microsecond. */
async function damage(scene: Scene, each: number, behind = 0): Promise<void> {
  const ids = (from: number) => Array.from({ length: each }, (_, n) => String(behind + from + n));
  const record = (id: string) => JSON.parse(scene.server.record('audit_log', id) ?? '{}');
  await tamper(scene, 'batch', {
    requests: [
      ...ids(1).map(removed),
      ...ids(1_000_001).map((objectID) => written({ objectID, action: 'nobody.did' })),
      ...ids(1_000).map((id) => written({ ...record(id), occurred_at: '2020-01-01T00:00:00.000001Z' })),
      ...ids(2_000).map((id) => written({ ...record(id), extra_attribute: null })),
    ],
  });
}

test('under load it finds nothing where nothing is wrong', async () => {
  await using scene = await openFilled();
  await using load = await startLoad(scene.database, 7, {
    rowsPerSecond: 1_000,
    idMax: ROWS,
    toastChance: 0.05,
  });
  for (let turn = 0; turn < 3; turn += 1)
    expect(await verify(scene)).toMatchObject({ code: 0, differences: 0 });
  await load.stop();
  await expectWhole(scene, 1);
});

test('under load it finds just what is wrong, and repairs just that', async () => {
  // Ids below zero: nobody changes their rows, which would mend what is wrong with the record.
  await using scene = await openFilled({
    create: async (database) => {
      await createPast(database, ROWS);
      await database.client.query(
        `INSERT INTO audit_log (id, action) SELECT -n, 'report.opened' FROM generate_series(1, $1::int) n`,
        [ROWS],
      );
    },
  });
  await damage(scene, 20, -ROWS);
  await using load = await startLoad(scene.database, 7, { writers: 1, idMax: 10_000, truncateChance: 0 });
  expect(await verify(scene)).toMatchObject({ code: 65, differences: 80 });
  expect(await verify(scene, '--repair')).toMatchObject({ code: 0 });
  await load.stop();
  await expectWhole(scene, 1);
});

test('killed while it repairs, by kill -9, it is begun again', async () => {
  await using scene = await openFilled();
  await damage(scene, 300);
  scene.server.faults.add(refused(503));
  const met = scene.server.faults.met;
  const command = scene.start(['verify', '--repair']);
  await waitFor(() => scene.server.faults.met > met + 1, { description: 'refused repairs' });
  command.kill('SIGKILL');
  await Promise.all([command.ended, scene.run.kill()]);
  scene.server.faults.clear();
  // By its own pipeline: nobody else holds the slot.
  expect(await verify(scene, '--repair')).toMatchObject({ code: 0 });
  expect(await verify(scene)).toMatchObject({ code: 0, differences: 0 });
  await expectHeld(scene, ROWS);
});

test('what is still in the WAL is no difference', async () => {
  await using scene = await openFilled();
  await scene.run.kill();
  await scene.database.client.query(`UPDATE audit_log SET outcome = 'denied' WHERE id % 3 = 0;
    DELETE FROM audit_log WHERE id % 7 = 0; INSERT INTO audit_log (action) SELECT 'report.opened' FROM generate_series(1, 500)`);
  expect(await verify(scene)).toMatchObject({ code: 0, differences: 0 });
  await expectHeld(scene, 3_000);
});

test('the index refuses, is slow and resets while it is read', async () => {
  await using scene = await openFilled();
  for (const fault of [
    { kind: 'refuse', status: 429, retryAfterSeconds: 1 },
    { kind: 'refuse', status: 500 },
    { kind: 'reset', when: 'before' },
    { kind: 'reset', when: 'after' },
    { kind: 'slow', firstByteMs: 6_000 },
  ] as const)
    scene.server.faults.add({ ...fault, path: '/browse', skip: 1 });
  expect(await verify(scene)).toMatchObject({ code: 0, differences: 0 });
});

test('the index is emptied while it is read: what is gone is missing, and is repaired', async () => {
  await using scene = await openFilled();
  const { server } = scene;
  const before = server.requests['POST /1/indexes/:index/browse'] ?? 0;
  const command = scene.start(['verify', '--json']);
  await waitFor(() => (server.requests['POST /1/indexes/:index/browse'] ?? 0) > before, {
    description: 'a page to be read',
    intervalMs: 1,
  });
  await tamper(scene, 'clear', {});
  expect([0, 65]).toContain((await ending(command)).code);
  expect(await verify(scene)).toMatchObject({ code: 65, differences: ROWS });
  expect(await verify(scene, '--repair')).toMatchObject({ code: 0 });
  await expectWhole(scene, ROWS);
});

test.each(['DROP TABLE audit_log', 'ALTER TABLE audit_log RENAME TO audit_past', 'TRUNCATE audit_log'])(
  '%s in the middle: it ends',
  async (sql) => {
    await using scene = await openFilled();
    scene.server.faults.add({ kind: 'slow', firstByteMs: 300, path: '/browse', times: 100 });
    const before = scene.server.faults.met;
    const command = scene.start(['verify']);
    await waitFor(() => scene.server.faults.met > before, {
      description: 'a page to be read',
      intervalMs: 1,
    });
    await scene.database.client.query(sql);
    const { code, said } = await ending(command);
    expect([0, 65, 69, 76, 78], said).toContain(code);
  },
);

test.each(['SIGINT', 'SIGKILL'] as const)('Postgres ends in the middle (%s): it says so', async (signal) => {
  await using cluster = await startOwnCluster({ settings: { full_page_writes: 'on' } });
  const database = { ...cluster, [Symbol.asyncDispose]: async () => undefined };
  await using scene = await openFilled({ database });
  scene.server.faults.add({ kind: 'slow', firstByteMs: 300, path: '/browse', times: 3 });
  const command = scene.start(['verify']);
  await waitFor(() => scene.server.faults.met > 0, { description: 'a page to be read', intervalMs: 1 });
  await cluster.end(signal);
  await cluster.start();
  const { code, said } = await ending(command);
  expect([0, 69], said).toContain(code);
  expect(await verify(scene)).toMatchObject({ code: 0, differences: 0 });
});

test('rows of a megabyte, keys of every alphabet, numbers of every size: nothing differs', async () => {
  const names = `(ARRAY['a', 'A', 'ä', 'a:b', '100%', '', ' ', '漢字', '😀', E'e\\u0301', '"', '\\', E'\\n', E'\\u0001', E'\\u2028'])[1 + n % 15]`;
  await using scene = await openFilled({
    create: async ({ client, slot, publication }) => {
      await client.query(`CREATE TABLE t (place text, n numeric, f float8, j jsonb, b bytea, big text, at timestamptz, PRIMARY KEY (place, n));
        INSERT INTO t SELECT ${names}, n / 7.0, CASE n % 5 WHEN 0 THEN 'NaN' WHEN 1 THEN '-Infinity' WHEN 2 THEN -0.0 WHEN 3 THEN 1e300 ELSE n / 3.0 END,
          jsonb_build_object('é', n * 1e25, 'a', ARRAY[n, NULL], 'b', '{"z": 1.10, "y": "\\u0001"}'::jsonb), int8send(n),
          CASE WHEN n % 100 = 0 THEN repeat('漢', 400000) END, CASE n % 4 WHEN 0 THEN 'infinity' WHEN 1 THEN NULL ELSE timestamptz '2020-01-01' + n * interval '1 microsecond' END
        FROM generate_series(1, 2000) n`);
      await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t`);
      await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
    },
    config: { tables: { 'public.t': { index: 't', objectID: ['place', 'n'] } } },
  });
  const verified = await verify(scene);
  expect(verified, JSON.stringify(verified)).toMatchObject({ code: 0, differences: 0 });
  await drained(scene.database);
});

test('a key that may not browse is told what it lacks', async () => {
  await using scene = await openFilled();
  const answer = await fetch(`${scene.server.url}/1/keys`, {
    method: 'POST',
    headers: { 'x-algolia-application-id': scene.server.appId, 'x-algolia-api-key': scene.server.adminKey },
    body: JSON.stringify({ acl: ['addObject', 'deleteObject'] }),
  });
  const { key } = (await answer.json()) as { readonly key: string };
  const { code, said } = await ending(scene.start(['verify'], scene.database.url, key));
  expect(code).toBe(78);
  expect(said).toContain('browse');
  expect(said).not.toContain(key);
});

test('told to end, it ends', async () => {
  await using scene = await openFilled();
  scene.server.faults.add({ kind: 'slow', firstByteMs: 1_000, path: '/browse', times: 100 });
  const command = scene.start(['verify']);
  await waitFor(() => scene.server.faults.met > 0, { description: 'a page to be read' });
  command.kill('SIGTERM');
  expect([75, 143, null]).toContain((await ending(command)).code);
});
