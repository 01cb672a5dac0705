import { expect, test } from 'vitest';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { lineConfig, released, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { commandFor } from '../cli/dead-letter-case.ts';
import { follow, states, wholeRows } from './backfill-case.ts';

const ROWS = 4_000;
/** Nothing listens there: port 1 is tcpmux. */
const NOBODY = 'postgres://user:hunter2@127.0.0.1:1/app';

async function create(database: TestDatabase): Promise<void> {
  await database.client.query(`CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE u (id int PRIMARY KEY, v text);
    INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, ${ROWS}) i; INSERT INTO u VALUES (1, 'u')`);
  await follow(database, 't, u');
}

/** Whether the server has noticed that the command has ended. */
async function isGone({ client }: TestDatabase): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT FROM pg_stat_activity WHERE application_name = 'wal2algolia backfill' AND datname = current_database()`,
  );
  return rows.length === 0;
}

const TABLES = { 'public.t': { index: 't' }, 'public.u': { index: 'u' } };

test('without a running pipeline the command takes the slot itself, and lets it go', async () => {
  await using database = await createDatabase();
  await create(database);
  await using server = await startIndex();
  await using command = await commandFor(database, server, { tables: TABLES });
  const { code, stdout } = await command.end('backfill');
  expect(code).toBe(0);
  expect(stdout).toContain(`public.t: done, 4,000 rows`);
  expect(stdout).toContain(`public.u: done, 1 row,`);
  expectEqual(await compareIndex(database.client, server, 't', wholeRows('t')), ROWS);
  expectEqual(await compareIndex(database.client, server, 'u', wholeRows('u')));
  await released(database);
  const again = await command.end('backfill', '--table', 'public.u', '--json');
  expect(again.json).toEqual([{ table: 'public.u', rows: 1, isResumed: false, unnamable: 0 }]);
});

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'ended by %s in the middle, it goes on behind what is confirmed, and does not begin anew',
  async (signal) => {
    await using database = await createDatabase();
    await create(database);
    const { client } = database;
    await using server = await startIndex({ taskDelayMs: 50 });
    await using line = startLine(lineConfig(database, server, { tables: TABLES }));
    await using command = await commandFor(database, server, { tables: TABLES });
    await using first = command.start('backfill', '--table', 'public.t');
    const isInMiddle = async (): Promise<boolean> => {
      const [state] = await states(database);
      return Number(state?.['rows_done'] ?? 0) > 0;
    };
    await waitFor(isInMiddle, { description: 'a chunk to be confirmed', intervalMs: 1 });
    first.kill(signal);
    const { code } = await first.ended;
    expect(code).toBe(signal === 'SIGKILL' ? null : 75);
    // What it has said last may still be under way.
    await waitFor(() => isGone(database), { description: 'its connections to be gone' });
    const [before] = await states(database);
    expect(before).toMatchObject({ finished: false });
    const done = Number(before?.['rows_done']);
    expect(done).toBeLessThan(ROWS);
    // What is behind it is not asked for again.
    await client.query('CREATE TABLE seen AS SELECT pg_current_wal_lsn() AS lsn');
    const { code: again, stdout } = await command.end('backfill', '--table', 'public.t');
    expect(again).toBe(0);
    expect(stdout).toContain(`public.t: going on behind ${done.toLocaleString('en-US')} rows`);
    const [after] = await states(database);
    expect(after).toMatchObject({ finished: true, rows_done: ROWS, started_at: before?.['started_at'] });
    expectEqual(await compareIndex(client, server, 't', wholeRows('t')), ROWS);
    await line.stop();
  },
);

test.each([
  ['a table that is not configured', ['--table', 'public.x'], 64, /public\.x is not configured/],
  [
    'a condition for several tables',
    ['--where', 'true'],
    64,
    /--where is a condition over the columns of one table/,
  ],
  ['a condition that is no SQL', ['--table', 'public.t', '--where', 'v ='], 64, /public\.t: .*syntax error/],
  [
    'a column that is not there',
    ['--table', 'public.t', '--where', 'w = 1'],
    64,
    /column "w" does not exist/,
  ],
  [
    'two statements',
    ['--table', 'public.t', '--where', 'true); COMMIT; SELECT (true'],
    64,
    /multiple commands|syntax error/,
  ],
  [
    'a condition that is none without what stands around it',
    ['--table', 'public.t', '--where', 'id < 0) OR (true'],
    64,
    /public\.t: .*syntax error/,
  ],
  ['a parameter', ['--table', 'public.t', '--where', 'id > $1'], 64, /public\.t: .*parameter/],
  [
    'times of a table without one',
    ['--table', 'public.t', '--from', '2026-01-01'],
    64,
    /no column "occurred_at"/,
  ],
  ['no time in between', ['--from', '2026-01-02', '--to', '2026-01-01'], 64, /--from is not before --to/],
])('%s is refused, and nothing is asked for', async (_, args, exitCode, message) => {
  await using database = await createDatabase();
  await create(database);
  await using command = await commandFor(database, undefined, { tables: TABLES });
  const { code, stderr } = await command.end('backfill', ...args);
  expect(stderr).toMatch(message);
  expect(code).toBe(exitCode);
  expect(await states(database)).toEqual([]);
});

test('a condition that fails for a value is told without the value', async () => {
  await using database = await createDatabase();
  await create(database);
  await using server = await startIndex();
  await using command = await commandFor(database, server, { tables: TABLES });
  const { code, stderr } = await command.end('backfill', '--table', 'public.t', '--where', 'v::int > 0');
  expect(stderr).toMatch(
    /^error: public\.t: --where fails at a value of some row, with SQLSTATE 22P02\n {2}remedy: /m,
  );
  expect(stderr).not.toContain('"v1"');
  expect(code).toBe(64);
});

test('a server that is out of reach is told with the remedy', async () => {
  await using database = await createDatabase();
  await using command = await commandFor({ ...database, url: NOBODY }, undefined, { tables: TABLES });
  const { code, stderr } = await command.end('backfill');
  expect(stderr).toMatch(
    /^error: connecting to Postgres: .*ECONNREFUSED.*\n {2}remedy: Check that Postgres is running/,
  );
  expect(code).toBe(69);
});

test('a dry run says about how many rows there are, and does nothing', async () => {
  await using database = await createDatabase();
  await create(database);
  await database.client.query('ANALYZE');
  await using command = await commandFor(database, undefined, { tables: TABLES });
  const { json } = await command.end('backfill', '--dry-run', '--json');
  expect(json).toEqual([
    { table: 'public.t', rows: ROWS, isSorted: false },
    { table: 'public.u', rows: 1, isSorted: false },
  ]);
  expect(await states(database)).toEqual([]);
});

test('a running pipeline that is killed in the middle loses nothing of it: the command goes on by itself', async () => {
  await using database = await createDatabase();
  await create(database);
  await using server = await startIndex({ taskDelayMs: 100 });
  await using command = await commandFor(database, server, { tables: TABLES, http: { port: 0 } });
  await using running = command.start('run');
  const isHeld = async (): Promise<boolean> => {
    const { rows } = await database.client.query(
      'SELECT FROM pg_replication_slots WHERE slot_name = $1 AND active',
      [database.slot],
    );
    return rows.length > 0;
  };
  await waitFor(isHeld, { description: 'the pipeline to hold the slot' });
  await using program = command.start('backfill');
  const isInMiddle = async (): Promise<boolean> =>
    Number((await states(database))[0]?.['rows_done'] ?? 0) > 0;
  await waitFor(isInMiddle, { description: 'a chunk to be confirmed', intervalMs: 1 });
  running.kill('SIGKILL');
  expect(await program.ended).toMatchObject({ code: 0 });
  expect(program.stdout()).toContain('public.t: done, 4,000 rows');
  expectEqual(await compareIndex(database.client, server, 't', wholeRows('t')), ROWS);
  expectEqual(await compareIndex(database.client, server, 'u', wholeRows('u')));
});

test('a slot that setup makes anew forgets what was loaded for the one before it', async () => {
  await using database = await createDatabase();
  await create(database);
  await using server = await startIndex();
  await using command = await commandFor(database, server, { tables: TABLES });
  expect((await command.end('backfill')).code).toBe(0);
  await released(database);
  await database.client.query('SELECT pg_drop_replication_slot($1)', [database.slot]);
  expect((await command.end('setup')).code).toBe(0);
  expect(await states(database)).toMatchObject([
    { table_name: 'public.t', finished: false, through_key: null, rows_done: 0 },
    { table_name: 'public.u', finished: false, through_key: null, rows_done: 0 },
  ]);
  expect((await command.end('setup')).stdout).not.toContain('UPDATE');
});

test('without our own table it says what is to be done', async () => {
  await using database = await createDatabase();
  await create(database);
  await database.client.query('DROP TABLE wal2algolia.backfill');
  await using command = await commandFor(database, undefined, { tables: TABLES });
  const { code, stderr } = await command.end('backfill');
  expect(stderr).toMatch(/wal2algolia\.backfill is missing.*\n.*wal2algolia setup/);
  expect(code).toBe(78);
});
