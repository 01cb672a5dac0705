import { expect, test } from 'vitest';
import { bookmarkSlot } from '../../../src/database/bookmarks/bookmark-slot.ts';
import { startOwnCluster } from '../../chaos/own-cluster.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { commandFor } from '../cli/dead-letter-case.ts';
import {
  bookmarkRows,
  createLog,
  createOwnTables,
  otherSlots,
  readBookmark,
  writeWal,
} from './bookmark-case.ts';

/** What is left when nothing was done. */
const nothing = async (database: TestDatabase): Promise<void> => {
  expect(await otherSlots(database)).toEqual([]);
  expect(await bookmarkRows(database)).toEqual([]);
};

test('what cannot be meant is refused before anything is made', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using command = await commandFor(database);
  for (const [args, says] of [
    [['Monday'], /letters a to z, digits and underscores, at most 30/],
    [['a-b'], /letters a to z/],
    [['é'], /letters a to z/],
    [['a'.repeat(31)], /at most 30/],
    [['m', '--expires', 'never'], /days, hours or minutes such as 7d.*every bookmark ends/s],
    [['m', '--expires', '0d'], /every bookmark ends/],
    [['m', '--expires', '367d'], /at most 366d/],
    [['m', '--wal-max', '5'], /a size such as 5GB/],
    [['m', '--wal-max', '0GB'], /a size such as 5GB/],
  ] as const) {
    const { code, stderr } = await command.end('bookmark', 'create', ...args);
    expect(code, args.join(' ')).toBe(64);
    expect(stderr).toMatch(says);
  }
  const unknown = await command.end('bookmark', 'drop', 'm');
  expect(unknown.code).toBe(64);
  expect(unknown.stderr).toMatch(/slot "\w+" has no bookmark "m"\n {2}remedy: `wal2algolia bookmark list`/);
  await nothing(database);
});

test('a limit that the slot itself is over by now is refused: the bookmark would be dropped at once', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await writeWal(database, 3_000_000);
  await using command = await commandFor(database);
  const over = await command.end('bookmark', 'create', 'm', '--wal-max', '2MB');
  expect(over.code).toBe(64);
  expect(over.stderr).toMatch(
    /keeps [\d.]+ MB of WAL by now, more than --wal-max, 2\.0 MB: .*dropped within a minute\n {2}remedy: Give a larger --wal-max/,
  );
  // Others write to this server as well.
  const keptMegabytes = Number(/keeps ([\d.]+) MB/.exec(over.stderr)?.[1]);
  expect(keptMegabytes).toBeGreaterThanOrEqual(3);
  await nothing(database);
  const larger = `${Math.ceil(keptMegabytes) + 10_000}MB`;
  expect((await command.end('bookmark', 'create', 'm', '--wal-max', larger)).code).toBe(0);
});

test('a name is taken until it is dropped; the longest one fits', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using command = await commandFor(database);
  const longest = 'm'.repeat(30);
  expect((await command.end('bookmark', 'create', longest)).code).toBe(0);
  const rows = await bookmarkRows(database);
  const again = await command.end('bookmark', 'create', longest, '--expires', '1d');
  expect(again.code).toBe(64);
  expect(again.stderr).toMatch(/has a bookmark "m{30}" already\n {2}remedy: .*bookmark drop m{30}/);
  expect(await bookmarkRows(database)).toEqual(rows);
  expect(await otherSlots(database)).toEqual([bookmarkSlot(database.slot, longest)]);
  expect((await command.end('bookmark', 'drop', longest)).code).toBe(0);
  expect((await command.end('bookmark', 'create', longest)).code).toBe(0);
});

test('a main slot that is not there, or belongs to another database', async () => {
  await using database = await createDatabase();
  await createOwnTables(database.client);
  await using command = await commandFor(database);
  const missing = await command.end('bookmark', 'create', 'm');
  expect(missing.code).toBe(76);
  expect(missing.stderr).toMatch(/does not exist/);
  await using other = await createDatabase();
  await other.client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [database.slot]);
  const foreign = await command.end('bookmark', 'create', 'm');
  expect(foreign.code).toBe(78);
  expect(foreign.stderr).toMatch(/belongs to database/);
  await nothing(database);
});

test('without the table, and without the right to replicate: what is missing, and nothing is made', async () => {
  await using database = await createDatabase();
  await createLog(database);
  const { client, name } = database;
  const role = `plain_${name}`;
  await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  try {
    await client.query(
      `GRANT USAGE ON SCHEMA wal2algolia TO ${role}; GRANT ALL ON wal2algolia.bookmark TO ${role}`,
    );
    const url = new URL(database.url);
    url.username = role;
    url.password = 'secret';
    const { slot, publication } = database;
    await using plain = await commandFor({ url: url.href, slot, publication });
    const refused = await plain.end('bookmark', 'create', 'm');
    expect(refused.code).toBe(78);
    expect(refused.stderr).toMatch(/remedy: As a superuser: ALTER ROLE .* REPLICATION/);
    await client.query(`ALTER ROLE ${role} REPLICATION; REVOKE INSERT ON wal2algolia.bookmark FROM ${role}`);
    const ungranted = await plain.end('bookmark', 'create', 'm');
    expect(ungranted.code).toBe(78);
    expect(ungranted.stderr).toMatch(
      /GRANT INSERT ON wal2algolia.bookmark TO|GRANT .*INSERT.* wal2algolia.bookmark/,
    );
    await nothing(database);
  } finally {
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
  await client.query('DROP TABLE wal2algolia.bookmark');
  await using command = await commandFor(database);
  for (const args of [['create', 'm'], ['list'], ['drop', 'm']]) {
    const { code, stderr } = await command.end('bookmark', ...args);
    expect(code, args.join(' ')).toBe(78);
    expect(stderr).toMatch(/remedy: Run `wal2algolia setup`, or as the owner: CREATE TABLE/);
  }
  expect(await otherSlots(database)).toEqual([]);
});

test('a row that cannot be written takes the copy with it', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await database.client.query('ALTER TABLE wal2algolia.bookmark ADD CHECK (false)');
  await using command = await commandFor(database);
  const { code } = await command.end('bookmark', 'create', 'm');
  expect(code).not.toBe(0);
  await nothing(database);
});

test('no room for another slot', async () => {
  await using cluster = await startOwnCluster({ settings: { max_replication_slots: '2' } });
  await createLog(cluster);
  await using command = await commandFor(cluster);
  expect((await command.end('bookmark', 'create', 'one')).code).toBe(0);
  const full = await command.end('bookmark', 'create', 'two');
  expect(full.code).toBe(78);
  expect(full.stderr).toMatch(/no room for another replication slot\n {2}remedy: .*max_replication_slots/);
  expect((await bookmarkRows(cluster)).map(({ name }) => name)).toEqual(['one']);
});

test('what a killed creation leaves is listed, in nobody’s way, and dropped', async () => {
  await using database = await createDatabase();
  await createLog(database);
  const { client, slot } = database;
  const copy = bookmarkSlot(slot, 'm');
  await client.query('SELECT pg_copy_logical_replication_slot($1, $2)', [slot, copy]);
  await using command = await commandFor(database);
  expect((await command.end('bookmark', 'list', '--json')).json).toMatchObject({
    bookmarks: [
      {
        name: 'm',
        slot: copy,
        position: expect.stringContaining('/'),
        createdAt: null,
        secondsLeft: null,
        isRecorded: false,
        hasSlot: true,
        state: 'unfinished',
      },
    ],
  });
  expect((await command.end('bookmark', 'list')).stdout).toMatch(
    /unfinished\nnote: m is unfinished: .*`wal2algolia bookmark drop m`\n$/,
  );
  const again = await command.end('bookmark', 'create', 'm');
  expect(again.code).toBe(64);
  expect(again.stderr).toMatch(/was begun and never finished\n {2}remedy: .*bookmark drop m/);
  expect((await command.end('bookmark', 'drop', 'm')).code).toBe(0);
  await nothing(database);
});

test('one that is being read is not dropped', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using command = await commandFor(database);
  expect((await command.end('bookmark', 'create', 'm')).code).toBe(0);
  {
    await using reader = await readBookmark(database, 'm');
    const used = await command.end('bookmark', 'drop', 'm');
    expect(used.code).toBe(69);
    expect(used.stderr).toMatch(
      new RegExp(`is being read from by process ${reader.pid}\\n {2}remedy: Try again when that has ended`),
    );
    expect((await command.end('bookmark', 'list')).stdout).toMatch(/being read\n$/);
    expect(await bookmarkRows(database)).toHaveLength(1);
  }
  expect((await command.end('bookmark', 'drop', 'm')).code).toBe(0);
  await nothing(database);
});
