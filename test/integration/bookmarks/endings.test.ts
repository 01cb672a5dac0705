import { expect, test } from 'vitest';
import type { EndedBookmark } from '../../../src/database/bookmarks/bookmark-end.ts';
import { bookmarkSlot } from '../../../src/database/bookmarks/bookmark-slot.ts';
import { createBookmark, locked } from '../../../src/database/bookmarks/bookmark-table.ts';
import { SessionLostError } from '../../../src/errors.ts';
import { Bookmarks } from '../../../src/sweep/bookmarks.ts';
import { Patience } from '../../../src/sweep/patience.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { connect, createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import {
  bookmarkRows,
  createLog,
  insertRow,
  otherSlots,
  readBookmark,
  TABLES,
  writeWal,
} from './bookmark-case.ts';

const DAY_MS = 86_400_000;

async function make(database: TestDatabase, name: string, walMaxBytes = 1e12): Promise<void> {
  const { client, slot } = database;
  await createBookmark(client, { slot, plugin: 'pgoutput' }, { name, expiresMs: DAY_MS, walMaxBytes });
}

const expire = ({ client }: TestDatabase, name: string): Promise<unknown> =>
  client.query(
    `UPDATE wal2algolia.bookmark SET expires_at = clock_timestamp() - interval '1 s' WHERE name = $1`,
    [name],
  );

async function names(database: TestDatabase): Promise<unknown[]> {
  return (await bookmarkRows(database)).map(({ name }) => name);
}

/** What a session's look at its bookmarks does, one look after the other. */
function looking(database: TestDatabase, fence: () => Promise<void> = async () => undefined) {
  const ended: EndedBookmark[] = [];
  const trouble: unknown[] = [];
  const held: number[] = [];
  const patience = new Patience((error) => trouble.push(error));
  let looks = 0;
  patience.pause = async () => {
    looks += 1;
    patience.end();
  };
  const bookmarks = new Bookmarks({
    url: database.url,
    slot: database.slot,
    patience,
    onBookmarkEnded: (each) => ended.push(each),
    onBookmarksHeld: (differenceMs) => held.push(differenceMs),
    onSweepTrouble: (error) => trouble.push(error),
  });
  return bookmarks.run(fence).then(() => ({ ended, trouble, held, looks }));
}

test('the running pipeline drops what has expired or keeps too much WAL, says so, and leaves the others', async () => {
  await using database = await createDatabase();
  await createLog(database);
  const { slot } = database;
  await make(database, 'kept');
  await make(database, 'old');
  await make(database, 'large', 1000);
  await expire(database, 'old');
  await writeWal(database, 100_000);
  await using server = await startIndex();
  const logged: string[] = [];
  await using line = startLine(lineConfig(database, server, { tables: TABLES }), {
    onLog: (text) => void logged.push(text),
  });
  await waitFor(async () => (await names(database)).length === 1, { description: 'two to be dropped' });
  expect(await names(database)).toEqual(['kept']);
  expect(await otherSlots(database)).toEqual([bookmarkSlot(slot, 'kept')]);
  await waitFor(() => logged.join('').includes('"bookmark":"old"'), { description: 'the log' });
  expect(logged.join('')).toMatch(
    /"bookmark":"large","reason":"wal-max","position":"[0-9A-F/]+","retainedBytes":\d{6,}/,
  );
  expect(logged.join('')).toMatch(/"bookmark":"old","reason":"expired"/);
  expect(logged.join('')).not.toContain('"bookmark":"kept"');
  await insertRow(database, 1);
  await drained(database);
  expect(JSON.parse(server.record('t', '1') ?? '')).toEqual({
    objectID: '1',
    id: 1,
    v: 'row 1',
    source_table: 'public.t',
    wal: expect.anything(),
  });
  await line.stop();
});

test('without a table for them the pipeline runs', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await database.client.query('DROP TABLE wal2algolia.bookmark');
  expect(await looking(database)).toEqual({ ended: [], trouble: [], held: [], looks: 1 });
});

test('what it may not read is told, and tried again', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await database.client.query('ALTER TABLE wal2algolia.bookmark DROP COLUMN expires_at');
  const { trouble, looks } = await looking(database);
  expect(trouble).toEqual([
    expect.objectContaining({ code: 'PRECONDITION', remedy: expect.stringContaining('ADD COLUMN') }),
  ]);
  expect(looks).toBe(1);
});

test('whoever does not hold the slot drops nothing', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await make(database, 'old');
  await expire(database, 'old');
  const lost = async (): Promise<void> => {
    throw new SessionLostError('not ours');
  };
  expect(await looking(database, lost)).toEqual({ ended: [], trouble: [], held: [], looks: 1 });
  expect(await otherSlots(database)).toHaveLength(1);
  expect(await names(database)).toEqual(['old']);
});

test('what a killed creation left is dropped; one that is under way, and slots of others, are not', async () => {
  await using database = await createDatabase();
  await createLog(database);
  const { client, slot, url } = database;
  const copy = bookmarkSlot(slot, 'left');
  const others = [bookmarkSlot(`${slot}x`, 'm'), `${slot}_bookmark_m`, 'wal2algolia_bookmark_m'];
  for (const each of [copy, ...others])
    await client.query('SELECT pg_copy_logical_replication_slot($1, $2)', [slot, each]);
  // As long as its creator lives, the lock is his.
  const creator = await connect(url);
  try {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let creating: Promise<void> | undefined;
    await new Promise<void>((hasLock) => {
      creating = locked(creator, slot, () => {
        hasLock();
        return released;
      });
    });
    const look = looking(database);
    await waitFor(
      async () =>
        (
          await client.query(
            `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
          )
        ).rowCount,
      { description: 'the look to wait for the creation' },
    );
    expect(await otherSlots(database)).toContain(copy);
    await client.query(
      `INSERT INTO wal2algolia.bookmark SELECT $1, 'left', slot_name, confirmed_flush_lsn, now(), now() + interval '1 day', 1e12
       FROM pg_replication_slots WHERE slot_name = $2`,
      [slot, copy],
    );
    release();
    await creating;
    expect((await look).ended).toEqual([]);
  } finally {
    await creator.end();
  }
  expect(await otherSlots(database)).toEqual([copy, ...others].sort());
  await client.query('DELETE FROM wal2algolia.bookmark');
  expect((await looking(database)).ended).toEqual([
    {
      bookmark: 'left',
      reason: 'unfinished',
      position: expect.any(String),
      retainedBytes: expect.any(Number),
    },
  ]);
  expect(await otherSlots(database)).toEqual(others.sort());
});

test('a row whose slot is gone stays until it expires', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await make(database, 'gone');
  await database.client.query('SELECT pg_drop_replication_slot($1)', [bookmarkSlot(database.slot, 'gone')]);
  expect((await looking(database)).ended).toEqual([]);
  expect(await names(database)).toEqual(['gone']);
  await expire(database, 'gone');
  expect((await looking(database)).ended).toMatchObject([
    { bookmark: 'gone', reason: 'expired', retainedBytes: null },
  ]);
  expect(await names(database)).toEqual([]);
});

test('one that is being read stays until that has ended, and holds up no other', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await make(database, 'read');
  await make(database, 'old');
  await expire(database, 'read');
  await expire(database, 'old');
  {
    await using _reader = await readBookmark(database, 'read');
    const { ended, trouble } = await looking(database);
    expect({ trouble, ended }).toMatchObject({ trouble: [], ended: [{ bookmark: 'old' }] });
    expect(await names(database)).toEqual(['read']);
  }
  expect((await looking(database)).ended).toMatchObject([{ bookmark: 'read', reason: 'expired' }]);
  expect(await otherSlots(database)).toEqual([]);
});
