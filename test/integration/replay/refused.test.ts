import { expect, test } from 'vitest';
import { bookmarkSlot } from '../../../src/database/bookmarks/bookmark-slot.ts';
import { startOwnCluster } from '../../chaos/own-cluster.ts';
import { drained } from '../../support/line.ts';
import { waitFor } from '../../support/wait-for.ts';
import { commandFor } from '../cli/dead-letter-case.ts';
import { replayCase, TABLES } from './replay-case.ts';

test('what cannot be is refused with the remedy, and nothing is done', async () => {
  await using it = await replayCase();
  const unknown = await it.replay();
  expect(unknown.code).toBe(64);
  expect(unknown.stderr).toMatch(/has no bookmark "b".*\n.*bookmark list/);

  it.startLine();
  await it.sql(`INSERT INTO t VALUES (1, 'a', 'x')`);
  await it.bookmark();
  const [at] = await it.sql(
    'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = $1',
    [bookmarkSlot(it.database.slot, 'b')],
  );
  await it.sql(`INSERT INTO t VALUES (2, 'a', 'x')`);
  await drained(it.database);
  const slots = await it.slots();
  const cases: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
    [['--until', String(at?.['lsn'])], 64, /not behind the bookmark, which stands at/],
    [['--until', 'FFFFFFF/0'], 64, /behind the end of the WAL/],
    [['--until', '2999-01-01'], 64, /still to come/],
    [['--until', '2020-01-01'], 64, /2020-01-01T00.* lies before bookmark "b", which was made at 2/],
    [['--until', '2020-01-01', '--into', 'other'], 64, /lies before bookmark "b"/],
    [['--until', 'yesterday'], 64, /Expected now, a position such as/],
    [['--into', 't'], 64, /index t is one of the configuration/],
    [['--into', ''], 64, /a name that is not empty/],
    [['--table', 'public.nowhere'], 64, /public.nowhere is not configured/],
    [['--append'], 64, /--append goes with --into/],
  ];
  for (const [args, code, says] of cases) {
    const refused = await it.replay(...args);
    expect(refused.code, args.join(' ')).toBe(code);
    expect(refused.stderr).toMatch(says);
  }

  expect((await it.replay('--into', 'other')).code).toBe(0);
  const full = await it.replay('--into', 'other');
  expect(full.code).toBe(64);
  expect(full.stderr).toMatch(/index other holds 1 record\n.*--append/);
  expect((await it.replay('--into', 'other', '--append')).code).toBe(0);
  expect(Object.keys(await it.records('other'))).toEqual(['2']);
  await it.sql(`SELECT pg_advisory_lock(hashtextextended('wal2algolia replay into other', 0))`);
  const second = await it.replay('--into', 'other', '--append');
  expect(second.code).toBe(69);
  expect(second.stderr).toMatch(/another replay is writing to index other/);
  expect(await it.slots()).toMatchObject(slots.map(({ slot_name }) => ({ slot_name })));
});

test('a bookmark whose WAL is gone', async () => {
  await using cluster = await startOwnCluster({ settings: { max_slot_wal_keep_size: '1MB' } });
  const { client, slot, publication } = cluster;
  await client.query('CREATE TABLE t (id int PRIMARY KEY)');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t`);
  const kept = bookmarkSlot(slot, 'b');
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [kept]);
  await waitFor(
    async () => {
      await client.query(`SELECT pg_logical_emit_message(false, 'noise', repeat('x', 1000000))`);
      await client.query('SELECT pg_switch_wal()');
      await client.query('CHECKPOINT');
      const { rows } = await client.query('SELECT wal_status FROM pg_replication_slots');
      return rows[0]?.wal_status === 'lost';
    },
    { description: 'the bookmark to be lost' },
  );
  await using command = await commandFor(cluster, undefined, { tables: TABLES });
  const refused = await command.end('replay', '--from', 'b');
  expect(refused.code).toBe(76);
  expect(refused.stderr).toMatch(/bookmark "b" is lost.*\n.*bookmark drop b/);
});
