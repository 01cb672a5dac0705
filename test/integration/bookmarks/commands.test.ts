import { expect, test } from 'vitest';
import { bookmarkSlot } from '../../../src/database/bookmarks/bookmark-slot.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, serverMajor } from '../../support/postgres.ts';
import { commandFor } from '../cli/dead-letter-case.ts';
import { bookmarkRows, createLog, insertRow, otherSlots, peeked, TABLES } from './bookmark-case.ts';

test('a bookmark is made of the slot that is being read, which goes on, and keeps what comes behind it', async () => {
  await using database = await createDatabase();
  await createLog(database);
  const { client, slot } = database;
  await using server = await startIndex();
  await using _line = startLine(lineConfig(database, server, { tables: TABLES }));
  await insertRow(database, 1);
  await drained(database);
  const pid = async () =>
    (await client.query('SELECT active_pid FROM pg_replication_slots WHERE slot_name = $1', [slot])).rows[0]
      .active_pid;
  const before = await pid();
  expect(before).toEqual(expect.any(Number));
  await using command = await commandFor(database);
  const created = await command.end(
    'bookmark',
    'create',
    'before_v2',
    '--json',
    '--expires',
    '12h',
    '--wal-max',
    '1GB',
  );
  expect(created.code, created.stderr).toBe(0);
  const copy = bookmarkSlot(slot, 'before_v2');
  expect(await bookmarkRows(database)).toEqual([
    {
      slot_name: slot,
      name: 'before_v2',
      bookmark_slot: copy,
      position: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
      created_at: expect.any(Date),
      expires_at: expect.any(Date),
      wal_max_bytes: '1000000000',
    },
  ]);
  const [row = {}] = await bookmarkRows(database);
  const { position } = row;
  expect(Number(row['expires_at']) - Number(row['created_at'])).toBe(12 * 3_600_000);
  expect(created.json).toEqual({
    name: 'before_v2',
    slot: copy,
    position,
    expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    notices: [],
  });
  await insertRow(database, 2);
  await insertRow(database, 3);
  await drained(database);
  expect(await pid()).toBe(before);
  expect(await peeked(database, copy)).toEqual(['2', '3']);
  expect(await otherSlots(database)).toEqual([copy]);

  // Others write to this server as well, so how much WAL there is behind it is known by its bounds.
  const behindCopy = async (): Promise<number> => {
    const { rows } = await client.query(
      'SELECT (pg_current_wal_lsn() - restart_lsn)::float8 AS bytes FROM pg_replication_slots WHERE slot_name = $1',
      [copy],
    );
    return rows[0].bytes;
  };
  const atLeast = await behindCopy();
  const listed = await command.end('bookmark', 'list', '--json');
  const atMost = await behindCopy();
  const since17 = serverMajor() >= 17 ? expect.stringMatching(/Z$/) : null;
  expect(listed.json).toEqual({
    bookmarks: [
      {
        name: 'before_v2',
        slot: copy,
        position,
        createdAt: expect.stringMatching(/Z$/),
        ageSeconds: expect.toSatisfy((age: number) => age >= 0 && age < 120),
        expiresAt: expect.stringMatching(/Z$/),
        secondsLeft: expect.toSatisfy((left: number) => left > 43_000 && left < 43_200),
        walMaxBytes: 1e9,
        isRecorded: true,
        hasSlot: true,
        activePid: null,
        retainedBytes: expect.toSatisfy((bytes: number) => bytes > 0 && bytes >= atLeast && bytes <= atMost),
        catalogXminAge: expect.toSatisfy((age: number) => age > 1),
        safeWalBytes: null,
        walStatus: expect.stringMatching(/^(reserved|extended)$/),
        invalidationReason: null,
        inactiveSince: since17,
        idleSecondsLeft: null,
        state: 'kept',
      },
    ],
  });
  const text = await command.end('bookmark', 'list');
  expect(text.stdout).toMatch(
    /^name +position +age +expires in +WAL +WAL left +xmin age +idle left +state\nbefore_v2 +[0-9A-F]+\/[0-9A-F]+ +\S+ m?s +12 h +\S+ \w+ of 1\.0 GB +- +[\d,]+ +- +kept\n$/,
  );
  expect((await command.end('bookmark', 'drop', 'before_v2')).stdout).toBe('dropped: before_v2\n');
  expect(await otherSlots(database)).toEqual([]);
  expect(await bookmarkRows(database)).toEqual([]);
  expect((await command.end('bookmark', 'list')).stdout).toBe('no bookmarks\n');
  expect(await pid()).toBe(before);
});
