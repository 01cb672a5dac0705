import { expect, test } from 'vitest';
import { openSession } from '../../../src/replication/session.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { backfill, follow, states, wholeRows } from './backfill-case.ts';

async function create(database: TestDatabase): Promise<void> {
  await database.client.query(`CREATE TABLE t (id int PRIMARY KEY, at int NOT NULL, v text); CREATE TABLE u (id int PRIMARY KEY, v text);
    INSERT INTO t SELECT i, i % 7, 'v' || i FROM generate_series(1, 200) i; INSERT INTO u VALUES (1, 'u')`);
  await follow(database, 't');
  await database.client.query(`CREATE PUBLICATION "${database.publication} of u" FOR TABLE u`);
}

/** Of a pipeline that knows nothing of the other table. */
const OF_U = { 'public.u': { index: 'u' } };
const ofU = ({ slot, publication }: TestDatabase) => ({
  tables: OF_U,
  replication: { slot, publication: `${publication} of u` },
});

/** What whoever holds the slot writes where is known before it reads the first change. */
async function noted({ client, slot }: TestDatabase, name: string): Promise<void> {
  const isNoted = async (): Promise<boolean> => {
    const { rows } = await client.query(
      `SELECT FROM wal2algolia.slot_progress WHERE slot_name = $1 AND tables ? $2`,
      [slot, name],
    );
    return rows.length > 0;
  };
  await waitFor(isNoted, { description: 'the tables of the holder to be noted' });
}

const T = 'public.t';

test.each([
  ['does not know the table', undefined, 'does not know the table'],
  ['writes it into another index', { [T]: { index: 'old' } }, 'writes its rows into the index "old"'],
  ['has a prefix', { [T]: { index: 't', objectIDPrefix: 't-' } }, 'makes other objectIDs'],
  ['has other columns', { [T]: { index: 't', objectID: ['at', 'id'] } }, 'makes other objectIDs'],
])('a pipeline that %s is no one to ask: it is told rather than that all is done', async (_, held, words) => {
  await using database = await createDatabase();
  await create(database);
  await using server = await startIndex();
  const theirs = held === undefined ? ofU(database) : { tables: held };
  await using line = startLine(lineConfig(database, server, theirs));
  await noted(database, held === undefined ? 'public.u' : T);
  const config = lineConfig(database, server, { tables: { [T]: { index: 't' } } });
  await expect(backfill(database, config, { table: T })).rejects.toMatchObject({
    exitCode: 78,
    message: expect.stringContaining(words),
    remedy: expect.stringContaining('with the configuration of this command'),
  });
  expect(await states(database)).toEqual([]);
  await line.stop();
});

test('one that takes over in the middle is told, and what it passed over does not count as done', async () => {
  await using database = await createDatabase();
  await create(database);
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: { [T]: { index: 't' } } });
  const first = startLine(config);
  await noted(database, T);
  const old = lineConfig(database, server, ofU(database));
  let second: ReturnType<typeof startLine> | undefined;
  const done = backfill(database, config, {
    table: T,
    passed: async () => {
      if (second !== undefined) return;
      await first.stop();
      second = startLine(old);
      await noted(database, 'public.u');
      await drained(database);
    },
  });
  await expect(done).rejects.toMatchObject({ exitCode: 78 });
  expect(await states(database)).toMatchObject([{ finished: false }]);
  await second?.stop();
});

test('what a pipeline writes where is known from its first moment on, whoever was there before', async () => {
  await using database = await createDatabase();
  await create(database);
  await using server = await startIndex();
  const other = startLine(lineConfig(database, server, ofU(database)));
  await noted(database, 'public.u');
  await other.stop();
  const config = lineConfig(database, server, { tables: { [T]: { index: 't' } } });
  await using line = startLine(config);
  await waitFor(() => line.status().state === 'streaming', { description: 'the line' });
  const { rows } = await database.client.query(
    `SELECT tables, tables_at > backend_start AS "isNew" FROM wal2algolia.slot_progress
     JOIN pg_replication_slots USING (slot_name) JOIN pg_stat_replication ON pid = active_pid WHERE slot_name = $1`,
    [database.slot],
  );
  expect(rows).toEqual([{ tables: { [T]: { index: 't', prefix: '', objectID: ['id'] } }, isNew: true }]);
  expect(await backfill(database, config, { table: T })).toMatchObject({ rows: 200 });
  await line.stop();
  expectEqual(await compareIndex(database.client, server, 't', wholeRows('t')), 200);
});

test('a short backfill beside a pipeline that has just begun, and does not know the table, is never done', async () => {
  await using database = await createDatabase();
  await create(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, ofU(database)));
  const config = lineConfig(database, server, { tables: { [T]: { index: 't' } } });
  // Before or after anybody holds the slot.
  await expect(backfill(database, config, { table: T })).rejects.toMatchObject({ exitCode: 78 });
  expect((await states(database)).filter(({ finished }) => finished)).toEqual([]);
  await line.stop();
});

test('while whoever holds the slot has not told, nothing is asked for and nothing is done; it is waited for, up to a limit', async () => {
  await using database = await createDatabase();
  await create(database);
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: { [T]: { index: 't' } } });
  const { url, slot, publication } = database;
  const session = await openSession({
    url,
    slot,
    publications: [publication],
    plugin: 'pgoutput',
    tables: [T],
    own: undefined,
  });
  try {
    await expect(backfill(database, config, { table: T, toldWithinMs: 0 })).rejects.toMatchObject({
      exitCode: 69,
      message: expect.stringMatching(/^whoever holds slot "slot_.*" has not told for 0 s/),
      remedy: expect.stringContaining('End what else reads from the slot'),
    });
    const told = new AbortController();
    const stopped = backfill(database, config, { table: T, signal: told.signal });
    told.abort();
    await expect(stopped).rejects.toMatchObject({ exitCode: 75 });
    expect(await states(database)).toEqual([]);
    const passed = async (): Promise<void> => undefined;
    const waiting = backfill(database, config, { table: T, passed });
    // Of the session before: that is not this one's word.
    const row = `INSERT INTO wal2algolia.slot_progress (slot_name, confirmed_lsn, confirmed_at, tables, tables_at) VALUES ($1, '0/0', '-infinity', $2, $3)
      ON CONFLICT (slot_name) DO UPDATE SET tables_at = excluded.tables_at`;
    const tables = { [T]: { index: 't', prefix: '', objectID: ['id'] } };
    await database.client.query(row, [slot, tables, '2026-01-01']);
    expect(await states(database)).toEqual([]);
    await database.client.query(row, [slot, tables, 'now']);
    expect(await waiting).toMatchObject({ rows: 200 });
  } finally {
    await session.close();
  }
});
