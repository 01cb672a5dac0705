import { expect, test } from 'vitest';
import { bookmarkSlot } from '../../../src/database/bookmarks/bookmark-slot.ts';
import { type OwnCluster, startOwnCluster } from '../../chaos/own-cluster.ts';
import { startStandby } from '../../chaos/standby.ts';
import { serverMajor } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { commandFor } from '../cli/dead-letter-case.ts';
import { bookmarkRows, createLog, otherSlots } from './bookmark-case.ts';

/** Since then the server says why. */
const SAYS_WHY = 17;
const HAS_IDLE_TIMEOUT = 18;

/** Writes WAL until a checkpoint has given the bookmark up. */
async function loseBookmark(cluster: OwnCluster, name: string): Promise<void> {
  await waitFor(
    async () => {
      await cluster.client.query(`SELECT pg_logical_emit_message(false, 'noise', repeat('x', 1000000))`);
      await cluster.client.query('SELECT pg_switch_wal()');
      await cluster.client.query('CHECKPOINT');
      const { rows } = await cluster.client.query<{ lost: boolean }>(
        `SELECT wal_status = 'lost' AS lost FROM pg_replication_slots WHERE slot_name = $1`,
        [bookmarkSlot(cluster.slot, name)],
      );
      return rows[0]?.lost;
    },
    { description: 'the bookmark to be lost' },
  );
}

test('max_slot_wal_keep_size: warned of, what is left of it, and lost', async () => {
  await using cluster = await startOwnCluster({ settings: { max_slot_wal_keep_size: '64MB' } });
  await createLog(cluster);
  await using command = await commandFor(cluster);
  const created = await command.end('bookmark', 'create', 'm');
  expect(created.stdout).toMatch(/^note: max_slot_wal_keep_size is 64 MB: .*before --wal-max does$/m);
  expect((await command.end('bookmark', 'create', 'small', '--wal-max', '60MB')).stdout).not.toContain(
    'note:',
  );
  const { json } = await command.end('bookmark', 'list', '--json');
  expect(json).toMatchObject({
    bookmarks: [
      {
        name: 'm',
        state: 'kept',
        walStatus: 'reserved',
        safeWalBytes: expect.toSatisfy((bytes: number) => bytes > 1e6 && bytes < 1e8),
      },
      { name: 'small' },
    ],
  });
  expect((await command.end('bookmark', 'list')).stdout).toMatch(/ of 5\.0 GB +[\d.]+ MB +\d+ +- +kept$/m);
  await loseBookmark(cluster, 'm');
  const lost = await command.end('bookmark', 'list', '--json');
  expect((lost.json as { bookmarks: unknown[] }).bookmarks[0]).toMatchObject({
    name: 'm',
    state: 'lost',
    walStatus: 'lost',
    retainedBytes: null,
    invalidationReason: serverMajor() >= SAYS_WHY ? 'wal_removed' : null,
  });
  const why = serverMajor() >= SAYS_WHY ? ' \\(wal_removed\\)' : '';
  expect((await command.end('bookmark', 'list')).stdout).toMatch(
    new RegExp(`^note: m is lost: the server does not keep its WAL any more${why}, .*bookmark drop m`, 'm'),
  );
  // The main slot is lost as well, and has no position to save.
  const refused = await command.end('bookmark', 'create', 'late');
  expect(refused.code).toBe(76);
  expect(refused.stderr).toMatch(/is lost/);
  for (const name of ['m', 'small']) expect((await command.end('bookmark', 'drop', name)).code).toBe(0);
  expect(await otherSlots(cluster)).toEqual([]);
  expect(await bookmarkRows(cluster)).toEqual([]);
});

test('idle_replication_slot_timeout: warned of, what is left of it, and lost', async (context) => {
  if (serverMajor() < HAS_IDLE_TIMEOUT) {
    context.skip(`Postgres ${serverMajor()} has no idle_replication_slot_timeout`);
  }
  await using cluster = await startOwnCluster({ settings: { idle_replication_slot_timeout: '1h' } });
  await createLog(cluster);
  await using command = await commandFor(cluster);
  expect((await command.end('bookmark', 'create', 'short', '--expires', '1h')).stdout).not.toContain('note:');
  const created = await command.end('bookmark', 'create', 'm');
  expect(created.stdout).toMatch(/^note: idle_replication_slot_timeout is 3600 s: /m);
  const { json } = await command.end('bookmark', 'list', '--json');
  expect((json as { bookmarks: unknown[] }).bookmarks[1]).toMatchObject({
    name: 'm',
    idleSecondsLeft: expect.toSatisfy((seconds: number) => seconds > 3000 && seconds <= 3600),
  });
  await cluster.end('SIGINT');
  await cluster.start({ idle_replication_slot_timeout: '1s' });
  await loseBookmark(cluster, 'm');
  const lost = await command.end('bookmark', 'list', '--json');
  expect((lost.json as { bookmarks: unknown[] }).bookmarks[1]).toMatchObject({
    name: 'm',
    state: 'lost',
    invalidationReason: 'idle_timeout',
    idleSecondsLeft: null,
  });
});

test('a failover leaves the slots of bookmarks behind: they are said to be gone, and forgotten', async () => {
  await using primary = await startOwnCluster();
  await createLog(primary);
  await using before = await commandFor(primary);
  await using standby = await startStandby(primary);
  expect((await before.end('bookmark', 'create', 'm')).code).toBe(0);
  const rows = await bookmarkRows(primary);
  await standby.caughtUp();
  await using onStandby = await commandFor(standby);
  for (const args of [['bookmark', 'create', 'n'], ['bookmark', 'drop', 'm'], ['status']]) {
    const refused = await onStandby.end(...args);
    expect(refused.code, args.join(' ')).toBe(78);
    expect(refused.stderr).toMatch(/this server is a standby\n {2}remedy: Connect to the primary/);
  }
  await primary.end('SIGINT');
  await standby.promote();
  expect(await bookmarkRows(standby)).toEqual(rows);
  await using command = await commandFor(standby);
  expect((await command.end('bookmark', 'list', '--json')).json).toMatchObject({
    bookmarks: [
      {
        name: 'm',
        position: rows[0]?.['position'],
        isRecorded: true,
        hasSlot: false,
        walStatus: null,
        state: 'gone',
      },
    ],
  });
  expect((await command.end('bookmark', 'list')).stdout).toMatch(
    /gone\nnote: m is gone: its slot is not on this server: .*failover.*`wal2algolia bookmark drop m` forgets it\n$/,
  );
  expect((await command.end('bookmark', 'drop', 'm')).code).toBe(0);
  expect(await bookmarkRows(standby)).toEqual([]);
});
