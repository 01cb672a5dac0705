import { expect, test } from 'vitest';
import type { Status } from '../../../src/telemetry/status.ts';
import { drained } from '../../support/line.ts';
import { connect } from '../../support/postgres.ts';
import { listeningUrl, type Program } from '../../support/program.ts';
import { waitFor } from '../../support/wait-for.ts';
import {
  expectSame,
  loseSlot,
  missSome,
  type RecoverCase,
  recoveryOf,
  released,
  slotOf,
  startCase,
  streamSome,
} from './recover-case.ts';

const BACKFILL = { onSlotLost: 'backfill' };
const UNWRITABLE = { kind: 'refuse', status: 503, times: 1_000_000, path: '/batch' } as const;

/** Of the log, those with this message. */
function told(program: Program, message: string): readonly Record<string, unknown>[] {
  const lines = program.stderr().split('\n');
  return lines
    .filter((line) => line.startsWith('{') && line.includes(message))
    .map((line) => JSON.parse(line));
}

/** Resolves when the condition holds; fails when the program ends before. */
async function until(program: Program, description: string, holds: () => Promise<boolean>): Promise<void> {
  const ended = program.ended.then(() => {
    throw new Error(`it has ended: ${program.stderr()}`);
  });
  ended.catch(() => undefined);
  await Promise.race([waitFor(holds, { description, timeoutMs: 100_000 }), ended]);
}

const isFinished = (one: RecoverCase) => async (): Promise<boolean> =>
  (await recoveryOf(one.cluster))?.is_finished === true;

test('`run` says what is missing, makes the slot anew, streams, loads and compares beside it', async () => {
  await using one = await startCase(BACKFILL);
  const { cluster, start } = one;
  const { client } = cluster;
  await streamSome(one);
  await missSome(one);
  const lost = await slotOf(cluster);

  await using run = start('run');
  let isDone = false;
  void until(run, 'the recovery to be finished', isFinished(one)).then(
    () => {
      isDone = true;
    },
    () => {
      isDone = true;
    },
  );
  while (!isDone) {
    await client.query(`INSERT INTO audit_log (action) VALUES ('meanwhile.row');
      UPDATE items SET name = name || '.' WHERE id % 50 = 0;
      DELETE FROM items WHERE tenant = 'again';
      INSERT INTO items VALUES ('again', 1, clock_timestamp()::text);
      SELECT pg_sleep(0.1)`);
  }
  expect(told(run, 'rows are missing')).toMatchObject([
    {
      slot: 'chaos',
      fromLsn: lost?.confirmed,
      fromTime: expect.stringMatching(/^\d{4}-.*Z$/),
      toLsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
      toTime: expect.stringMatching(/^\d{4}-.*Z$/),
      error: { code: 'GAP', message: expect.stringContaining('is lost') },
    },
  ]);
  // Not with the connection of `setup`.
  const { rows: begun } = await client.query('SELECT started_by FROM wal2algolia.recovery');
  expect(begun).toEqual([{ started_by: 'runner' }]);
  const { rows } = await client.query('SELECT gaps FROM wal2algolia.coverage');
  expect(rows[0].gaps).toEqual([
    expect.objectContaining({ fromLsn: lost?.confirmed, verifiedAt: expect.any(String) }),
  ]);
  await client.query(`INSERT INTO audit_log (action) VALUES ('afterwards.row')`);
  await drained(cluster);
  run.kill('SIGTERM');
  expect(await run.ended).toMatchObject({ code: 0 });
  await expectSame(one);
});

test('one that was dropped though it was read', async () => {
  await using one = await startCase(BACKFILL);
  const { cluster, start } = one;
  const { client } = cluster;
  await streamSome(one);
  await client.query(`SELECT pg_drop_replication_slot('chaos')`);
  await client.query(
    `INSERT INTO audit_log (action) SELECT 'unseen.row' FROM generate_series(1, 150); DELETE FROM items WHERE id > 295`,
  );
  await using run = start('run');
  await until(run, 'the recovery to be finished', isFinished(one));
  expect(await recoveryOf(cluster)).toMatchObject({ reason: 'missing', knows: true });
  expect(told(run, 'rows are missing')).toMatchObject([
    {
      fromLsn: expect.any(String),
      fromTime: expect.any(String),
      error: { message: expect.stringContaining('does not exist') },
    },
  ]);
  await drained(cluster);
  run.kill('SIGTERM');
  await run.ended;
  await expectSame(one);
});

test('two processes, killed at every step: one road, gone to its end', async () => {
  await using one = await startCase(BACKFILL);
  const { cluster, server, start } = one;
  const { client } = cluster;
  await streamSome(one);
  await missSome(one);

  const killedOnce = async (description: string, holds: (url: string) => Promise<boolean>): Promise<void> => {
    await using first = start('run');
    await using second = start('run');
    const url = await listeningUrl(first);
    await until(first, description, () => holds(url));
    for (const each of [first, second]) each.kill('SIGKILL');
    await Promise.all([first.ended, second.ended]);
  };

  // A new slot waits for this one to end, and by then the old one is gone.
  const writer = await connect(cluster.url);
  await writer.query(`BEGIN; INSERT INTO audit_log (action) VALUES ('open.row')`);
  const isWaitedFor = async (): Promise<boolean> => {
    const { rows } = await client.query(
      `SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_create_logical%' AND state = 'active' AND wait_event_type = 'Lock'`,
    );
    return rows.length > 0;
  };
  {
    await using stopped = start('run');
    await until(stopped, 'the slot to be waited for', isWaitedFor);
    stopped.kill('SIGTERM');
    expect(await stopped.ended).toMatchObject({ code: 0 });
    expect(await isWaitedFor()).toBe(false);
  }
  await killedOnce('the slot to be waited for', isWaitedFor);
  expect(await recoveryOf(cluster)).toMatchObject({ step: 'slot', is_finished: false });
  // The server does not go on with the statement of one that was killed.
  await waitFor(async () => !(await isWaitedFor()), { description: 'the killed one to be noticed' });
  server.faults.add(UNWRITABLE);
  let isOpen = true;
  await killedOnce('the backfill to begin', async () => {
    if (isOpen && (await isWaitedFor())) {
      isOpen = false;
      await writer.query('COMMIT');
      await writer.end();
    }
    return ((await recoveryOf(cluster))?.tables_begun.length ?? 0) > 0;
  });
  await released(cluster);
  server.faults.clear();
  server.faults.add({ ...UNWRITABLE, path: '/browse' });
  await killedOnce('the comparison to begin, and to be told', async (url) => {
    const status = (await (await fetch(`${url}/status`)).json()) as Status;
    const isTold =
      /until the recovery .* is finished/.test(status.error?.message ?? '') || status.state === 'standby';
    return isTold && (await recoveryOf(cluster))?.step === 'repair';
  });
  await released(cluster);
  server.faults.clear();

  await using first = start('run');
  await using second = start('run');
  await until(first, 'the recovery to be finished', isFinished(one));
  const { rows } = await client.query('SELECT reason, tables_done FROM wal2algolia.recovery');
  expect(rows).toEqual([{ reason: expect.any(String), tables_done: ['public.audit_log', 'public.items'] }]);
  await drained(cluster);
  for (const each of [first, second]) each.kill('SIGTERM');
  expect((await Promise.all([first.ended, second.ended])).map(({ code }) => code)).toEqual([0, 0]);
  await expectSame(one);
});

test('lost once more before it is finished: a person decides', async () => {
  await using one = await startCase(BACKFILL);
  const { cluster, server, start, call } = one;
  await streamSome(one);
  await missSome(one);
  server.faults.add(UNWRITABLE);
  await using run = start('run');
  await until(
    run,
    'the backfill to begin',
    async () => ((await recoveryOf(cluster))?.tables_begun.length ?? 0) > 0,
  );
  await loseSlot(cluster);
  expect(await run.ended).toMatchObject({ code: 76 });
  expect(run.stderr()).toMatch(/is lost.*not made anew by itself: it is lost once more.*recover --yes/s);
  expect(await slotOf(cluster)).toMatchObject({ status: 'lost' });
  server.faults.clear();
  await released(cluster);
  const done = await call('recover', '--yes');
  expect(done.code).toBe(0);
  await expectSame(one);
});
