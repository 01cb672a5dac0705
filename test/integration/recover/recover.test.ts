import { expect, test } from 'vitest';
import { drained } from '../../support/line.ts';
import { connect, serverMajor } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import {
  expectSame,
  loseSlot,
  missSome,
  recoveryOf,
  released,
  slotOf,
  startCase,
  streamSome,
} from './recover-case.ts';

/** Since then the server says why. */
const SAYS_WHY = 17;

test('a lost slot: told by `run`, and one command leads back, while changes go on', async () => {
  await using one = await startCase();
  const { cluster, call, start } = one;
  const { client } = cluster;
  await streamSome(one);
  await missSome(one);
  const lost = await slotOf(cluster);

  const refused = await call('run');
  expect(refused.code).toBe(76);
  expect(refused.stderr).toMatch(/is lost.*wal2algolia recover --yes/s);
  const unconfirmed = await call('recover');
  expect([unconfirmed.code, unconfirmed.stderr]).toEqual([
    64,
    expect.stringMatching(/nothing was done.*--yes/s),
  ]);
  const dry = await call('recover', '--dry-run', '--json');
  const { statements, tables } = JSON.parse(dry.stdout);
  expect(statements).toEqual([
    expect.stringMatching(/^INSERT INTO wal2algolia\.recovery /),
    expect.stringMatching(/^SELECT pg_drop_replication_slot\(slot_name\) .* AND wal_status = 'lost'$/),
    `SELECT pg_create_logical_replication_slot('chaos', 'pgoutput')`,
    expect.stringMatching(
      /^WITH made AS \(UPDATE wal2algolia\.recovery .*INSERT INTO wal2algolia\.coverage /,
    ),
  ]);
  expect(tables).toEqual([
    { table: 'public.audit_log', rows: expect.stringMatching(/^rows with occurred_at from \d{4}-.*Z on$/) },
    { table: 'public.items', rows: 'all rows, since no column says when one happened' },
  ]);
  expect(await slotOf(cluster)).toEqual(lost);
  expect(await recoveryOf(cluster)).toBeUndefined();

  await using recovering = start('recover', '--yes', '--json', '--margin', '2h');
  let hasEnded = false;
  void recovering.ended.then(() => {
    hasEnded = true;
  });
  while (!hasEnded) {
    await client.query(`INSERT INTO audit_log (action) VALUES ('meanwhile.row');
      UPDATE items SET name = name || '.' WHERE id % 50 = 0;
      DELETE FROM items WHERE tenant = 'again';
      INSERT INTO items VALUES ('again', 1, clock_timestamp()::text);
      SELECT pg_sleep(0.02)`);
  }
  const { code } = await recovering.ended;
  expect([code, recovering.stderr()]).toEqual([0, expect.stringContaining('drained')]);
  const done = JSON.parse(recovering.stdout());
  expect(done).toMatchObject({ agrees: true, isResumed: false, slot: { found: 'lost' }, road: 'replace' });
  expect(done.repaired).toMatchObject([
    // A new row with an old time, ten changed and five deleted ones.
    { table: 'public.audit_log', missing: 1, differing: 10, extra: 5 },
    { table: 'public.items', missing: 0, differing: 0, extra: 10 },
  ]);
  expect(await recoveryOf(cluster)).toMatchObject({
    step: 'verify',
    reason: serverMajor() >= SAYS_WHY ? 'wal_removed' : 'lost',
    is_finished: true,
    knows: true,
  });
  const { rows } = await client.query('SELECT gaps FROM wal2algolia.coverage');
  expect(rows[0].gaps).toEqual([
    expect.objectContaining({
      fromLsn: lost?.confirmed,
      fromTime: expect.any(String),
      reason: 'the slot was made anew',
      verifiedAt: expect.any(String),
    }),
  ]);

  await using run = start('run');
  await client.query(`INSERT INTO audit_log (action) VALUES ('afterwards.row')`);
  await drained(cluster);
  run.kill('SIGTERM');
  await run.ended;
  await expectSame(one);
  const healthy = await call('recover', '--yes');
  expect([healthy.code, healthy.stderr]).toEqual([78, expect.stringMatching(/is not lost: it stands at/)]);
});

test('a slot that somebody dropped, of which nothing was noted: all rows', async () => {
  await using one = await startCase();
  const { cluster, call } = one;
  await streamSome(one);
  await cluster.client.query(`SELECT pg_drop_replication_slot('chaos')`);
  const knows = async (): Promise<unknown> =>
    JSON.parse((await call('recover', '--dry-run', '--json')).stdout).confirmedAt;
  // The clock stood wrong, and was set right before it was noted; then after that.
  await cluster.client.query(
    `DELETE FROM wal2algolia.coverage; UPDATE wal2algolia.slot_progress SET confirmed_at = '2099-01-01', noted_at = '2026-01-02 03:04:05Z'`,
  );
  expect(await knows()).toBe('2026-01-02T03:04:05.000000Z');
  await cluster.client.query(`UPDATE wal2algolia.slot_progress SET noted_at = '2099-01-01'`);
  expect(await knows()).toBeNull();
  await cluster.client.query('DELETE FROM wal2algolia.slot_progress');
  await cluster.client.query(
    `INSERT INTO audit_log (action, occurred_at) SELECT 'unseen.row', now() - interval '9 days' FROM generate_series(1, 150); DELETE FROM items WHERE id > 295`,
  );
  const missing = await call('run');
  expect([missing.code, missing.stderr]).toEqual([76, expect.stringMatching(/recover --yes/)]);
  const done = await call('recover', '--yes');
  expect([done.code, done.stdout]).toEqual([
    0,
    expect.stringMatching(
      /is not there\n.*nobody knows when.*audit_log: all rows, since nobody knows.*tables and indexes agree/s,
    ),
  ]);
  expect(await recoveryOf(cluster)).toMatchObject({ reason: 'missing', is_finished: true, knows: false });
  await expectSame(one);
});

test('killed at every step and called again; lost once more in between', async () => {
  await using one = await startCase();
  const { cluster, server, call, start } = one;
  const { client } = cluster;
  await streamSome(one);
  await missSome(one);

  const killedOnce = async (description: string, holds: () => Promise<boolean>): Promise<void> => {
    await using program = start('recover', '--yes');
    const ended = program.ended.then(() => {
      throw new Error(`recover has ended: ${program.stderr()}${program.stdout()}`);
    });
    ended.catch(() => undefined);
    await Promise.race([waitFor(holds, { description }), ended]);
    program.kill('SIGKILL');
    await program.ended;
  };
  const stepIs = (step: string) => async (): Promise<boolean> => (await recoveryOf(cluster))?.step === step;

  // A new slot waits for this one to end, and by then the old one is gone.
  const writer = await connect(cluster.url);
  await writer.query(`BEGIN; INSERT INTO audit_log (action) VALUES ('open.row')`);
  await killedOnce('the slot to be waited for', async () => {
    const { rows } = await client.query(
      `SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_create_logical%' AND state = 'active' AND wait_event_type = 'Lock'`,
    );
    return rows.length > 0;
  });
  expect(await recoveryOf(cluster)).toMatchObject({ step: 'slot', is_finished: false });
  await writer.query('COMMIT');
  await writer.end();
  await released(cluster);

  // Nothing can be written, so that the backfill cannot end.
  server.faults.add({ kind: 'refuse', status: 503, times: 1_000_000, path: '/batch' });
  await killedOnce(
    'the backfill to begin',
    async () => ((await recoveryOf(cluster))?.tables_begun.length ?? 0) > 0,
  );
  await released(cluster);
  server.faults.clear();
  await loseSlot(cluster);
  const unreadable = { kind: 'refuse', status: 503, times: 1_000_000, path: '/browse' } as const;
  server.faults.add(unreadable);
  await killedOnce('the comparison to begin', stepIs('repair'));
  await released(cluster);

  // Held before the step is noted, until the index refuses to be read once more.
  const holder = await connect(cluster.url);
  await holder.query('BEGIN; SELECT FROM wal2algolia.recovery FOR UPDATE');
  server.faults.clear();
  let isHeld = true;
  await killedOnce('the last comparison', async () => {
    if (!isHeld) return stepIs('verify')();
    const { rows } = await client.query(
      `SELECT FROM pg_stat_activity WHERE query LIKE 'UPDATE wal2algolia.recovery%' AND wait_event_type = 'Lock'`,
    );
    if (rows.length === 0) return false;
    server.faults.add(unreadable);
    await holder.query('COMMIT');
    isHeld = false;
    return false;
  });
  await holder.end();
  server.faults.clear();
  await released(cluster);
  const status = await call('status');
  expect(status.stdout).toMatch(/^recovery +began at .* next: verify; `wal2algolia recover --yes` goes on$/m);
  const done = await call('recover', '--yes', '--json');
  expect([done.code, done.stderr]).toEqual([0, expect.any(String)]);
  expect(JSON.parse(done.stdout)).toMatchObject({ agrees: true, isResumed: true, road: 'go-on' });
  const { rows } = await client.query(
    'SELECT finished_at IS NOT NULL AS "isFinished" FROM wal2algolia.recovery',
  );
  expect(rows).toEqual([{ isFinished: true }]);
  await expectSame(one);
});
