import { expect, test } from 'vitest';
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

test('interrupted behind the first of two tables: that one is not loaded again', async () => {
  await using one = await startCase();
  const { cluster, server, call, start } = one;
  const { client } = cluster;
  await streamSome(one);
  await missSome(one);
  server.faults.add({ kind: 'refuse', status: 503, times: 1_000_000, path: '/indexes/items/batch' });
  {
    await using program = start('recover', '--yes');
    await waitFor(
      async () => {
        const { tables_done = [], tables_begun = [] } = (await recoveryOf(cluster)) ?? {};
        return tables_done.includes('public.audit_log') && tables_begun.includes('public.items');
      },
      { description: 'the first table to be loaded, and the second to be begun' },
    );
    program.kill('SIGKILL');
    await program.ended;
  }
  await released(cluster);
  server.faults.clear();
  const loaded = `SELECT started_at::text, updated_at::text, rows_done::int FROM wal2algolia.backfill WHERE table_name = 'public.audit_log'`;
  const { rows: before } = await client.query(loaded);
  expect(before).toMatchObject([{ rows_done: 200 }]);
  const done = await call('recover', '--yes', '--json');
  expect([done.code, done.stderr]).toEqual([0, expect.any(String)]);
  expect(JSON.parse(done.stdout).backfilled).toEqual([{ table: 'public.items', rows: 293 }]);
  expect((await client.query(loaded)).rows).toEqual(before);
  await expectSame(one);
});

test('what stands in the way is told before the slot is touched; lost once more on the way', async () => {
  await using one = await startCase();
  const { cluster, server, call, start, startAs } = one;
  const { client } = cluster;
  await streamSome(one);
  await missSome(one);
  const lost = await slotOf(cluster);
  await client.query('ALTER ROLE runner NOLOGIN');
  const cannot = await call('recover', '--yes');
  expect([cannot.code, cannot.stderr]).toEqual([78, expect.stringMatching(/not permitted to log in/)]);
  expect(await slotOf(cluster)).toEqual(lost);
  await client.query('ALTER ROLE runner LOGIN');
  // What `run` would refuse, as long as it does.
  await client.query('CREATE TABLE stranger (id int); ALTER PUBLICATION chaos ADD TABLE stranger');
  for (const flag of ['--dry-run', '--yes']) {
    const refused = await call('recover', flag);
    expect([refused.code, refused.stderr]).toEqual([78, expect.stringMatching(/also holds public.stranger/)]);
  }
  await client.query('DROP TABLE stranger');
  {
    await using narrow = startAs('narrow', 'recover', '--yes');
    expect(await narrow.ended).toMatchObject({ code: 78 });
    expect(narrow.stderr()).toMatch(/restricted to other indexes than audit_log/);
  }
  expect(await slotOf(cluster)).toEqual(lost);
  expect(await recoveryOf(cluster)).toBeUndefined();

  server.faults.add({ kind: 'refuse', status: 503, times: 1_000_000, path: '/batch' });
  await using recovering = start('recover', '--yes');
  await waitFor(async () => ((await recoveryOf(cluster))?.tables_begun.length ?? 0) > 0, {
    description: 'the backfill to begin',
  });
  await loseSlot(cluster);
  expect(await recovering.ended).toMatchObject({ code: 76 });
  server.faults.clear();
  await released(cluster);
  // The publication is gone as well.
  await client.query('DROP PUBLICATION chaos');
  const done = await call('recover', '--yes', '--json');
  expect([done.code, done.stderr]).toEqual([0, expect.any(String)]);
  expect(JSON.parse(done.stdout)).toMatchObject({ agrees: true, isResumed: true, road: 'replace' });
  const { rows } = await client.query('SELECT confirmed_lsn::text AS lsn FROM wal2algolia.recovery');
  expect(rows).toEqual([{ lsn: lost?.confirmed }]);
  await expectSame(one);
});
