import { expect, test } from 'vitest';
import { bookmarkSlot } from '../../../src/database/bookmarks/bookmark-slot.ts';
import { startOwnCluster } from '../../chaos/own-cluster.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import type { Program } from '../../support/program.ts';
import { waitFor } from '../../support/wait-for.ts';
import { createLog, TABLES } from '../bookmarks/bookmark-case.ts';
import { commandFor } from '../cli/dead-letter-case.ts';
import { type ReplayCase, recordsSql, replayCase } from './replay-case.ts';

const ROWS = 3_000;

async function changed(it: ReplayCase): Promise<void> {
  await it.bookmark();
  for (let first = 1; first <= ROWS; first += 100)
    await it.sql(`INSERT INTO t SELECT i, 'a', 'row ' || i FROM generate_series(${first}, ${first} + 99) i`);
  await drained(it.database);
}

/** That replays hold. */
async function locks(it: ReplayCase): Promise<number> {
  const held = await it.sql(
    `SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND application_name = 'wal2algolia replay' AND datname = current_database()`,
  );
  return held.length;
}

/** Every connection of the replay, as a server that restarts does it. */
async function cut(it: ReplayCase): Promise<number> {
  const cut = await it.sql(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'wal2algolia replay%' AND datname = current_database()`,
  );
  return cut.length;
}

async function held(it: ReplayCase, program: Program): Promise<void> {
  const ended = program.ended.then(() => {
    throw new Error(`ended too early: ${program.stderr()}`);
  });
  await Promise.race([
    waitFor(() => it.server.faults.met > 0, { description: 'the replay to be in the middle' }),
    ended,
  ]);
}

test('into another index: all its connections are lost, and it goes on', async () => {
  await using it = await replayCase();
  it.startLine();
  await changed(it);
  it.server.faults.add({ kind: 'refuse', status: 503, path: '/1/indexes/other/batch', times: 10_000 });
  await using program = it.command.start('replay', '--from', 'b', '--into', 'other', '--json');
  await held(it, program);
  expect(await cut(it)).toBeGreaterThan(2);
  await waitFor(() => program.stderr().includes('session ended'), { description: 'the loss to be noticed' });
  // What keeps another replay out is there again as well.
  await waitFor(async () => (await locks(it)) === 1, { description: 'the index to be locked again' });
  it.server.faults.clear();
  expect((await program.ended).code, program.stderr()).toBe(0);
  expect(JSON.parse(program.stdout())).toMatchObject({ into: 'other', notIndexed: [] });
  expectEqual(await compareIndex(it.database.client, it.server, 'other', recordsSql('true')), ROWS);
});

test('in place: all its connections are lost, and it goes on', async () => {
  await using it = await replayCase();
  it.startLine();
  await changed(it);
  await it.clear();
  it.server.faults.add({ kind: 'refuse', status: 503, path: '/1/indexes/t/batch', times: 10_000 });
  await using program = it.command.start('replay', '--from', 'b', '--json');
  await held(it, program);
  expect(await cut(it)).toBeGreaterThan(1);
  it.server.faults.clear();
  expect((await program.ended).code, program.stderr()).toBe(0);
  expectEqual(await compareIndex(it.database.client, it.server, 't', recordsSql('true')), ROWS);
});

test('in place: told to end while Postgres is away: with what to do, and nothing of it stays', async () => {
  await using cluster = await startOwnCluster();
  await createLog(cluster);
  await using server = await startIndex();
  await using _line = startLine(lineConfig(cluster, server, { tables: TABLES }));
  await using command = await commandFor(cluster, server, { tables: TABLES });
  expect((await command.end('bookmark', 'create', 'b')).code).toBe(0);
  await cluster.client.query(`INSERT INTO t SELECT i, 'x' FROM generate_series(1, 3000) i`);
  await drained(cluster);
  server.faults.add({ kind: 'refuse', status: 503, path: '/1/indexes/t/batch', times: 10_000 });
  {
    await using program = command.start('replay', '--from', 'b');
    await waitFor(() => server.faults.met > 0, { description: 'the pipeline to be asked' });
    await cluster.end('SIGKILL');
    await waitFor(() => program.stderr().includes('session ended'), {
      description: 'the loss to be noticed',
    });
    program.kill('SIGTERM');
    expect((await program.ended).code, program.stderr()).toBe(75);
    expect(program.stderr()).toMatch(/told to end before all was replayed, at .*\n {2}remedy: Run it again/);
  }
  await cluster.start();
  server.faults.clear();
  const { rows } = await cluster.client.query('SELECT slot_name FROM pg_replication_slots ORDER BY 1');
  expect(rows).toEqual([{ slot_name: cluster.slot }, { slot_name: bookmarkSlot(cluster.slot, 'b') }]);
  expect((await command.end('replay', '--from', 'b', '--json')).json).toMatchObject({ records: 3_000 });
});
