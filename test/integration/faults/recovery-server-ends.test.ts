import { expect, test } from 'vitest';
import { drained } from '../../support/line.ts';
import { connect } from '../../support/postgres.ts';
import type { Program } from '../../support/program.ts';
import { waitFor } from '../../support/wait-for.ts';
import {
  expectSame,
  missSome,
  type RecoverCase,
  recoveryOf,
  released,
  startCase,
  streamSome,
} from '../recover/recover-case.ts';

const UNWRITABLE = { kind: 'refuse', status: 503, times: 1_000_000, path: '/batch' } as const;
const UNREADABLE = { ...UNWRITABLE, path: '/browse' } as const;

/** Resolves when the condition holds; fails when the program ends before. */
async function until(program: Program, description: string, holds: () => Promise<boolean>): Promise<void> {
  const ended = program.ended.then(() => {
    throw new Error(`it has ended: ${program.stderr()}${program.stdout()}`);
  });
  ended.catch(() => undefined);
  await Promise.race([waitFor(holds, { description, timeoutMs: 100_000 }), ended]);
}

/** The postmaster and all that it started, without a word; then another one in the same place. */
async function crash({ cluster }: RecoverCase): Promise<void> {
  await cluster.end('SIGKILL');
  await cluster.start();
}

/** A new slot waits for it to end. */
async function openWriter({ cluster }: RecoverCase): Promise<void> {
  const writer = await connect(cluster.url);
  await writer.query(`BEGIN; INSERT INTO audit_log (action) VALUES ('open.row')`);
}

const steps = (one: RecoverCase) => ({
  slot: async (): Promise<boolean> => {
    const { rows } = await one.cluster.client.query(
      `SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_create_logical%' AND state = 'active' AND wait_event_type = 'Lock'`,
    );
    return rows.length > 0;
  },
  backfill: async (): Promise<boolean> => ((await recoveryOf(one.cluster))?.tables_begun.length ?? 0) > 0,
  repair: async (): Promise<boolean> =>
    (await recoveryOf(one.cluster))?.step === 'repair' && one.server.faults.met > 0,
  finished: async (): Promise<boolean> => (await recoveryOf(one.cluster))?.is_finished === true,
});

test('the server is killed at every step of `recover`: out of reach, and the next call goes on', async () => {
  await using one = await startCase();
  const { cluster, server, call, start } = one;
  const at = steps(one);
  await streamSome(one);
  await missSome(one);
  const crashedAt = async (step: 'slot' | 'backfill' | 'repair'): Promise<void> => {
    await using program = start('recover', '--yes');
    await until(program, `step ${step}`, at[step]);
    await cluster.end('SIGKILL');
    server.faults.clear();
    const { code } = await program.ended;
    expect([code, program.stderr()]).toEqual([69, expect.stringMatching(/^error: .*\n {2}remedy: .*again/m)]);
    await cluster.start();
    await released(cluster);
  };
  await openWriter(one);
  await crashedAt('slot');
  expect(await recoveryOf(cluster)).toMatchObject({ step: 'slot', is_finished: false });
  server.faults.add(UNWRITABLE);
  await crashedAt('backfill');
  server.faults.add(UNREADABLE);
  await crashedAt('repair');
  const done = await call('recover', '--yes', '--json');
  expect([done.code, done.stderr]).toEqual([0, expect.any(String)]);
  expect(JSON.parse(done.stdout)).toMatchObject({ agrees: true, isResumed: true, road: 'go-on' });
  await expectSame(one);
});

test('the server is killed at every step of the road that `run` goes by itself: it waits, and goes on', async () => {
  await using one = await startCase({ onSlotLost: 'backfill' });
  const { cluster, server, start } = one;
  const at = steps(one);
  await streamSome(one);
  await missSome(one);
  await openWriter(one);
  server.faults.add(UNWRITABLE);
  await using run = start('run');
  await until(run, 'the slot to be waited for', at.slot);
  await crash(one);
  await until(run, 'the backfill to begin', at.backfill);
  await crash(one);
  server.faults.clear();
  server.faults.add(UNREADABLE);
  await until(run, 'the comparison to begin', at.repair);
  await crash(one);
  server.faults.clear();
  await until(run, 'the recovery to be finished', at.finished);
  await drained(cluster);
  run.kill('SIGTERM');
  expect(await run.ended).toMatchObject({ code: 0 });
  await expectSame(one);
});
