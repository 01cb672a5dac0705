import { expect, test } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { ending, expectHeld, expectWhole, kept, openScene, ROWS, startHalfway } from './backfill/scene.ts';
import { startOwnCluster } from './own-cluster.ts';
import { refused } from './scenario.ts';

test('killed again and again, whenever: it goes on, and the index equals the table', async () => {
  await using scene = await openScene();
  for (let kills = 0; kills < 6; kills += 1) {
    const command = scene.start(['backfill']);
    await kept(scene, (ROWS / 8) * (kills + 1));
    command.kill('SIGKILL');
    await command.ended;
  }
  expect(await ending(scene.start(['backfill']))).toMatchObject({ code: 0 });
  await expectWhole(scene);
});

test('killed before it has kept anything', async () => {
  await using scene = await openScene();
  const { database, server } = scene;
  // What is not written is not kept, however long it takes to kill it.
  server.faults.clear();
  server.faults.add(refused(503));
  // While it waits, where the WAL ends is what it asked last, behind its messages.
  for (const condition of [
    `application_name = 'wal2algolia backfill keys'`,
    `query LIKE 'SELECT pg_logical_emit_message%' OR query = 'SELECT pg_current_wal_flush_lsn()::text AS lsn'`,
  ]) {
    const command = scene.start(['backfill']);
    await waitFor(
      async () => {
        const { rowCount } = await database.client.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND (${condition})`,
        );
        return rowCount !== 0;
      },
      { description: condition, intervalMs: 1 },
    );
    command.kill('SIGKILL');
    await command.ended;
    const { rows } = await database.client.query(
      'SELECT FROM wal2algolia.backfill WHERE through_key IS NOT NULL',
    );
    expect(rows).toEqual([]);
  }
  server.faults.clear();
  expect(await ending(scene.start(['backfill']))).toMatchObject({ code: 0 });
  await expectWhole(scene);
});

test('nobody holds the slot: it does so itself, is killed, and the next one goes on', async () => {
  await using scene = await openScene();
  await scene.run.kill();
  const command = scene.start(['backfill']);
  await kept(scene, ROWS / 4);
  command.kill('SIGKILL');
  await command.ended;
  expect(await ending(scene.start(['backfill']))).toMatchObject({ code: 0 });
  await expectHeld(scene);
});

test('a second one of the same table says that there is a first one', async () => {
  await using scene = await openScene();
  scene.server.faults.clear();
  scene.server.faults.add(refused(503));
  const first = scene.start(['backfill']);
  await waitFor(() => scene.server.faults.met > 0, { description: 'a refused request' });
  const second = await ending(scene.start(['backfill']));
  expect(second).toMatchObject({ code: 69, said: expect.stringContaining('another process') });
  scene.server.faults.clear();
  expect(await ending(first)).toMatchObject({ code: 0 });
  await expectWhole(scene);
});

test('a wrong password is said, and not shown', async () => {
  await using scene = await openScene();
  const url = new URL(scene.database.url);
  url.username = 'nobody_knows_them';
  url.password = 'topsecret';
  const { code, said } = await ending(scene.start(['backfill'], url.href));
  expect(code).toBe(78);
  expect(said).not.toContain('topsecret');
});

test('the index refuses, is slow and forgets', async () => {
  await using scene = await openScene();
  const { faults } = scene.server;
  faults.clear();
  for (const fault of [
    { kind: 'refuse', status: 429, retryAfterSeconds: 1 },
    { kind: 'refuse', status: 500, times: 3 },
    { kind: 'reset', when: 'after' },
    { kind: 'slow', firstByteMs: 2_500 },
    { kind: 'lost', closeAfterMs: 300 },
    { kind: 'forget' },
  ] as const)
    faults.add({ ...fault, path: '/batch', skip: 1 });
  expect(await ending(scene.start(['backfill']))).toMatchObject({ code: 0 });
  await expectWhole(scene);
});

test.each(['SIGINT', 'SIGKILL'] as const)(
  'Postgres ends in the middle (%s) and comes back',
  async (signal) => {
    await using cluster = await startOwnCluster({ settings: { full_page_writes: 'on' } });
    const database = { ...cluster, [Symbol.asyncDispose]: async () => undefined };
    await using scene = await openScene({ database });
    const command = scene.start(['backfill']);
    await kept(scene, ROWS / 4);
    await cluster.end(signal);
    await cluster.start();
    const { code, said } = await ending(command);
    expect([0, 69], said).toContain(code);
    if (code !== 0) expect(await ending(scene.start(['backfill']))).toMatchObject({ code: 0 });
    await expectWhole({ database: cluster, server: scene.server });
  },
);

test('the slot is dropped in the middle', async () => {
  await using scene = await openScene();
  const { client, slot } = scene.database;
  const command = await startHalfway(scene);
  await scene.run.kill();
  // Whoever takes it is thrown out as well.
  await waitFor(
    async () => {
      await client.query(
        'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active_pid IS NOT NULL',
        [slot],
      );
      return await client.query('SELECT pg_drop_replication_slot($1)', [slot]);
    },
    { description: 'the slot to be dropped', intervalMs: 5 },
  );
  const { code, said } = await ending(command);
  expect(code, said).toBe(76);
});

test('told to end, it keeps what is done and says so', async () => {
  await using scene = await openScene();
  const command = await startHalfway(scene);
  command.kill('SIGTERM');
  expect(await ending(command)).toMatchObject({ code: 75, said: expect.stringContaining('goes on') });
  scene.server.faults.clear();
  expect(await ending(scene.start(['backfill']))).toMatchObject({
    code: 0,
    said: expect.stringContaining('going on behind'),
  });
  await expectWhole(scene);
});

test('what loads every table by itself is killed again and again', async () => {
  await using scene = await openScene({ config: { backfill: 'initial' } });
  for (let kills = 1; kills <= 3; kills += 1) {
    await kept(scene, (ROWS / 5) * kills);
    await scene.run.kill();
    await scene.startRun();
  }
  await waitFor(
    async () => {
      const { rowCount } = await scene.database.client.query(
        'SELECT FROM wal2algolia.backfill WHERE finished_at IS NOT NULL',
      );
      return rowCount === 1;
    },
    { description: 'the table to be loaded' },
  );
  await expectWhole(scene);
});

test('a role that may read the keys and not the rows is told so, rather than that it is done', async () => {
  await using scene = await openScene();
  const { client, name } = scene.database;
  const role = `${name}_keys`;
  await client.query(`CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'x'; GRANT USAGE ON SCHEMA wal2algolia TO ${role};
    GRANT SELECT (id) ON audit_log TO ${role}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA wal2algolia TO ${role}`);
  try {
    await scene.run.kill();
    const url = new URL(scene.database.url);
    url.username = role;
    url.password = 'x';
    const { code, said } = await ending(scene.start(['backfill'], url.href));
    expect(code, said).toBe(78);
  } finally {
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});
