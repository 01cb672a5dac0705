import { expect, test } from 'vitest';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained } from '../../support/line.ts';
import type { Program } from '../../support/program.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type ReplayCase, recordsSql, replayCase } from './replay-case.ts';

const ROWS = 3_000;

async function changed(it: ReplayCase): Promise<void> {
  await it.bookmark();
  for (let first = 1; first <= ROWS; first += 100)
    await it.sql(`INSERT INTO t SELECT i, 'a', 'row ' || i FROM generate_series(${first}, ${first} + 99) i`);
  await drained(it.database);
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
