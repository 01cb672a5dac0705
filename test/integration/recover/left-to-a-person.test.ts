import { expect, test } from 'vitest';
import { missSome, recoveryOf, slotOf, startCase, streamSome } from './recover-case.ts';

const BACKFILL = { onSlotLost: 'backfill' };

test('a first start has nothing to come back from', async () => {
  await using one = await startCase(BACKFILL);
  const { cluster, call } = one;
  const { client } = cluster;
  await client.query('CREATE PUBLICATION chaos; CREATE TABLE audit_log (); CREATE TABLE items ()');
  await client.query('ALTER PUBLICATION chaos ADD TABLE audit_log, items');
  const first = await call('run');
  expect([first.code, first.stderr]).toEqual([
    76,
    expect.stringMatching(/does not exist.*nobody has noted.*If this is the first start/s),
  ]);
  expect(await slotOf(cluster)).toBeUndefined();
});

test('what is left to a person: nothing is made, nothing is dropped', async () => {
  await using one = await startCase(BACKFILL);
  const { cluster, call, startAs } = one;
  const { client } = cluster;
  await streamSome(one);
  {
    // On the day on which it is needed it would be too late.
    await using run = startAs('writer', 'run');
    expect(await run.ended).toMatchObject({ code: 78 });
    expect(run.stderr()).toMatch(/lacks the right (browse and search|search and browse)/);
  }
  await missSome(one);
  const lost = await slotOf(cluster);
  const refused = async (code: number, message: RegExp): Promise<void> => {
    const { code: ended, stderr } = await call('run');
    expect([ended, stderr]).toEqual([code, expect.stringMatching(message)]);
    expect(await slotOf(cluster)).toEqual(lost);
    expect(await recoveryOf(cluster)).toBeUndefined();
  };
  const fromLsn = await call('run', '--from-lsn', lost?.confirmed ?? '');
  expect([fromLsn.code, fromLsn.stderr]).toEqual([76, expect.stringMatching(/is lost.*recover --yes/s)]);
  await client.query('UPDATE wal2algolia.slot_progress SET timeline = 2');
  await refused(76, /read on timeline 2, and the server is on 1.*recover --yes/s);
  await client.query('UPDATE wal2algolia.slot_progress SET timeline = 1');
  await client.query('REVOKE UPDATE ON wal2algolia.recovery FROM runner');
  await refused(
    78,
    /cannot be made anew by this role alone.*GRANT UPDATE ON wal2algolia.recovery.*recover --yes/s,
  );
  await client.query('GRANT UPDATE ON wal2algolia.recovery TO runner; DROP PUBLICATION chaos');
  await refused(78, /publication "chaos" does not exist/);
});
