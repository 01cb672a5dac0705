import { expect, test } from 'vitest';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, released } from '../../support/line.ts';
import type { Program } from '../../support/program.ts';
import { waitFor } from '../../support/wait-for.ts';
import { holder, type ReplayCase, recordsSql, replayCase } from './replay-case.ts';

const ROWS = 3_000;

async function changed(it: ReplayCase): Promise<void> {
  await it.bookmark();
  for (let first = 1; first <= ROWS; first += 100)
    await it.sql(`INSERT INTO t SELECT i, 'a', 'row ' || i FROM generate_series(${first}, ${first} + 99) i`);
  await drained(it.database);
}

/** A copy of the bookmark's slot, while it is read. */
async function copies(it: ReplayCase): Promise<unknown[]> {
  return await it.sql(
    `SELECT 1 FROM pg_replication_slots WHERE database = current_database() AND temporary AND active`,
  );
}

async function connections(it: ReplayCase): Promise<number> {
  const found = await it.sql(
    `SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'wal2algolia replay%' AND datname = current_database()`,
  );
  return found.length;
}

async function reading(it: ReplayCase, program: Program): Promise<void> {
  const ended = program.ended.then(() => {
    throw new Error(`ended too early: ${program.stderr()}`);
  });
  const seen = waitFor(async () => (await copies(it)).length === 1 && it.server.faults.met > 0, {
    description: 'the replay to be in the middle',
  });
  await Promise.race([seen, ended]);
}

test('killed in the middle: nothing of it stays, and the next one does all of it', async () => {
  await using it = await replayCase();
  const line = it.startLine();
  await changed(it);
  const pid = await holder(it.database);
  const slots = await it.slots();
  const index = { path: '/1/indexes/other/batch', times: 10_000 };
  it.server.faults.add({ kind: 'refuse', status: 503, ...index });
  {
    await using program = it.command.start('replay', '--from', 'b', '--into', 'other');
    await reading(it, program);
    program.kill('SIGKILL');
    await program.ended;
  }
  await waitFor(async () => (await copies(it)).length === 0, { description: 'the copy to be gone' });
  // It keeps the index locked until the server has noticed.
  await waitFor(async () => (await connections(it)) === 0, { description: 'its connections to be gone' });
  expect((await it.slots()).map(({ slot_name }) => slot_name)).toEqual(
    slots.map(({ slot_name }) => slot_name),
  );
  it.server.faults.clear();
  const again = await it.replay('--into', 'other', '--append');
  expect(again.code, again.stderr).toBe(0);
  expectEqual(await compareIndex(it.database.client, it.server, 'other', recordsSql('true')), ROWS);
  expect(await holder(it.database)).toBe(pid);
  expect(line.status().state).toBe('streaming');
});

test('told to end: in time, with 75 and what to do, and its connection lost: it goes on by itself', async () => {
  await using it = await replayCase();
  it.startLine();
  await changed(it);
  const index = { path: '/1/indexes/other/batch', times: 10_000 };
  it.server.faults.add({ kind: 'refuse', status: 503, ...index });
  {
    await using program = it.command.start('replay', '--from', 'b', '--into', 'other');
    await reading(it, program);
    program.kill('SIGTERM');
    expect((await program.ended).code).toBe(75);
  }
  {
    await using program = it.command.start('replay', '--from', 'b', '--into', 'other', '--append');
    await reading(it, program);
    await it.sql(
      `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE temporary AND database = current_database()`,
    );
    await waitFor(() => program.stderr().includes('session ended'), {
      description: 'the loss to be noticed',
    });
    it.server.faults.clear();
    expect((await program.ended).code, program.stderr()).toBe(0);
  }
  expectEqual(await compareIndex(it.database.client, it.server, 'other', recordsSql('true')), ROWS);
});

test('in place: told to end while it waits for the pipeline; where nobody has the slot it does it itself', async () => {
  await using it = await replayCase();
  const line = it.startLine();
  await changed(it);
  it.server.faults.add({ kind: 'refuse', status: 503, path: '/1/indexes/t/batch', times: 10_000 });
  {
    await using program = it.command.start('replay', '--from', 'b');
    await waitFor(() => it.server.faults.met > 0, { description: 'the pipeline to be asked' });
    program.kill('SIGTERM');
    expect((await program.ended).code).toBe(75);
    expect(program.stderr()).toMatch(/told to end/);
  }
  it.server.faults.clear();
  await drained(it.database);
  await line.stop();
  await released(it.database);
  await it.clear();
  const done = await it.replay('--json');
  expect(done.code, done.stderr).toBe(0);
  expect(done.json).toMatchObject({ records: ROWS });
  expectEqual(await compareIndex(it.database.client, it.server, 't', recordsSql('true')), ROWS);
  await released(it.database);
});
