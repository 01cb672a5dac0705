import { expect, onTestFinished, test } from 'vitest';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { connect, createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { backfill, follow, states, wholeRows } from './backfill-case.ts';

const ROWS = 20_000;
const tables = { 'public.t': { index: 't' } };

/** Set by WAL2ALGOLIA_TEST_SEED to bring a run back. */
const seed = Number(process.env['WAL2ALGOLIA_TEST_SEED'] ?? Date.now() % 1_000_000);

/** Numbers from 0 to below 1, the same for the same seed. */
function random(): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test(`inserts, updates, deletes and changed keys while it runs: the index equals the table (seed ${seed})`, async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, v text);
    INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, ${ROWS}) i`);
  await follow(database, 't');
  await using server = await startIndex({ taskDelayMs: 30 });
  const config = lineConfig(database, server, { tables });
  await using line = startLine(config);
  let isOver = false;
  let changes = 0;
  const next = random();
  const application = await connect(database.url);
  onTestFinished(() => application.end());
  const changing = (async () => {
    while (!isOver) {
      const [id, other] = [Math.ceil(next() * ROWS), ROWS + Math.ceil(next() * 2 * ROWS)];
      await application.query(`UPDATE t SET v = 'changed ' || $2 WHERE id = $1`, [id, changes]);
      await application.query('DELETE FROM t WHERE id = $1', [Math.ceil(next() * ROWS)]);
      await application.query('INSERT INTO t VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        other,
        `new ${changes}`,
      ]);
      await application.query('UPDATE t SET id = -id WHERE id = $1', [Math.ceil(next() * ROWS)]);
      changes += 1;
    }
  })();
  changing.catch(() => undefined);
  const { rows } = await backfill(database, config, { table: 'public.t' });
  isOver = true;
  await changing;
  await drained(database);
  await line.stop();
  expect(changes).toBeGreaterThan(5);
  expect(rows).toBeGreaterThan(ROWS / 2);
  expectEqual(await compareIndex(client, server, 't', wholeRows('t')), ROWS / 2);
});

test('the pipeline is started anew in the middle, more than once: nothing of it is lost', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, v text);
    INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, ${ROWS}) i`);
  await follow(database, 't');
  await using server = await startIndex({ taskDelayMs: 30 });
  const config = lineConfig(database, server, { tables, shutdownMs: 1 });
  let line = startLine(config);
  onTestFinished(() => line[Symbol.asyncDispose]());
  let seen = 0;
  const done = backfill(database, config, { table: 'public.t', onProgress: ({ rows }) => (seen = rows) });
  done.catch(() => undefined);
  for (const share of [0.1, 0.4, 0.7]) {
    await waitFor(() => seen > share * ROWS, { description: `${share} of the rows`, intervalMs: 1 });
    // Cut off: what was read and not confirmed by then comes again.
    await line.stop().catch(() => undefined);
    line = startLine(config);
  }
  expect((await done).rows).toBe(ROWS);
  await line.stop().catch(() => undefined);
  expectEqual(await compareIndex(client, server, 't', wholeRows('t')), ROWS);
});

test.each([
  ['the index of another one', { index: 'other', objectID: ['id', 'at'] }, `id || ':' || at`],
  ['the columns of the objectID in another order', { index: 't', objectID: ['at', 'id'] }, `at || ':' || id`],
])('ended in the middle and called again with %s, it begins anew', async (_, other, id) => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE TABLE t (id int, at int, v text, PRIMARY KEY (id, at));
    INSERT INTO t SELECT i, i % 7, 'v' || i FROM generate_series(1, ${ROWS}) i`);
  await follow(database, 't');
  await using server = await startIndex();
  const before = { 'public.t': { index: 't', objectID: ['id', 'at'] } };
  const config = lineConfig(database, server, { tables: before });
  const ending = new AbortController();
  const line = startLine(config);
  onTestFinished(() => line[Symbol.asyncDispose]());
  const first = backfill(database, config, {
    table: 'public.t',
    signal: ending.signal,
    onProgress: ({ rows }) => void (rows > 0 && ending.abort()),
  });
  await expect(first).rejects.toMatchObject({ exitCode: 75, message: expect.stringContaining('public.t') });
  expect(await states(database)).toMatchObject([{ finished: false }]);
  await drained(database);
  await line.stop();
  const changed = lineConfig(database, server, { tables: { 'public.t': other } });
  await using second = startLine(changed);
  expect(await backfill(database, changed, { table: 'public.t' })).toMatchObject({
    rows: ROWS,
    isResumed: false,
  });
  await second.stop();
  const { missing, differing } = await compareIndex(client, server, other.index, wholeRows('t', id));
  expect({ missing, differing }).toEqual({ missing: [], differing: [] });
});

test('of two that would do the same at once the second ends; another scope is another one', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(
    'CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i FROM generate_series(1, 10) i',
  );
  await follow(database, 't');
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables });
  // Nobody holds the slot yet, so the first one waits.
  const first = backfill(database, config, { table: 'public.t' });
  first.catch(() => undefined);
  await waitFor(async () => (await states(database)).length > 0, { description: 'the first to have begun' });
  await expect(backfill(database, config, { table: 'public.t' })).rejects.toMatchObject({
    exitCode: 69,
    message: 'public.t is being backfilled by another process',
  });
  const other = backfill(database, config, { table: 'public.t', scope: { where: 'id > 5' } });
  await using line = startLine(config);
  expect((await other).rows).toBe(5);
  expect((await first).rows).toBe(10);
  await line.stop();
  expectEqual(await compareIndex(client, server, 't', wholeRows('t')), 10);
});
