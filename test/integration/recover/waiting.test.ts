import { expect, test } from 'vitest';
import { connect } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { expectSame, missSome, recoveryOf, released, slotOf, startCase, streamSome } from './recover-case.ts';

test('a transaction that is open holds up the new slot: it says which, ends when it is told to, and the server with it', async () => {
  await using one = await startCase();
  const { cluster, call, start } = one;
  const { client } = cluster;
  await streamSome(one);
  await missSome(one);
  const writer = await connect(cluster.url);
  await writer.query(`BEGIN; INSERT INTO audit_log (action) VALUES ('open.row')`);
  const { rows } = await writer.query('SELECT pg_backend_pid() AS pid');
  const isWaitedFor = async (): Promise<boolean> => {
    const { rows } = await client.query(
      `SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_create_logical%' AND state = 'active' AND wait_event_type = 'Lock'`,
    );
    return rows.length > 0;
  };
  const expectNothing = async (): Promise<void> => {
    expect(await slotOf(cluster)).toBeUndefined();
    expect(await recoveryOf(cluster)).toMatchObject({ step: 'slot', is_finished: false });
  };

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    await using told = start('recover', '--yes');
    await waitFor(isWaitedFor, { description: 'the slot to be waited for' });
    if (signal === 'SIGTERM') {
      await waitFor(() => told.stderr().includes('waiting:'), { description: 'it to say for what' });
      expect(told.stderr()).toMatch(
        /^waiting: the new slot is held up for \d+ s by process \d+ \(.*\), idle in transaction since \d{4}-.*; to end it: SELECT pg_terminate_backend\(\d+\)$/m,
      );
      expect(told.stderr()).toContain(`process ${rows[0].pid} `);
    }
    told.kill(signal);
    expect(await told.ended).toMatchObject({ code: 75 });
    expect(told.stderr()).toMatch(
      /told to end before .*pg_create_logical.*\n {2}remedy: Run the same command again/,
    );
    expect(await isWaitedFor()).toBe(false);
    await expectNothing();
  }
  {
    await using killed = start('recover', '--yes');
    await waitFor(isWaitedFor, { description: 'the slot to be waited for' });
    killed.kill('SIGKILL');
    await killed.ended;
    await released(cluster);
    await expectNothing();
  }
  await writer.query('COMMIT');
  await writer.end();
  const done = await call('recover', '--yes');
  expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('tables and indexes agree')]);
  await expectSame(one);
});
