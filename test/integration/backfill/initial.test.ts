import { expect, onTestFinished, test } from 'vitest';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { backfill, follow, states, wholeRows } from './backfill-case.ts';

const ROWS = 20_000;
const tables = { 'public.t': { index: 't' }, 'public.u': { index: 'u' } };

async function create(database: TestDatabase): Promise<void> {
  await database.client.query(`CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE u (id uuid PRIMARY KEY, v text);
    INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, ${ROWS}) i;
    INSERT INTO u SELECT md5(i::text)::uuid, 'u' FROM generate_series(1, 1000) i`);
  await follow(database, 't, u');
}

const finished = (database: TestDatabase) => async (): Promise<boolean> => {
  const found = await states(database);
  return found.length === 2 && found.every((state) => state['finished'] === true);
};

test('the holder of the slot loads every table by itself, once, and goes on with it after a restart; a standby does not', async () => {
  await using database = await createDatabase();
  await create(database);
  const { client } = database;
  await using server = await startIndex({ taskDelayMs: 30 });
  const config = lineConfig(database, server, { tables, backfill: 'initial', shutdownMs: 1 });
  // It cannot get on before the standby has been seen.
  server.faults.add({ kind: 'refuse', status: 503, path: '/batch', times: 1_000_000 });
  let line = startLine(config);
  onTestFinished(() => line[Symbol.asyncDispose]());
  await waitFor(() => server.faults.met > 0, { description: 'the first rows to be refused' });
  await using standby = startLine(config);
  await waitFor(() => standby.status().state === 'standby', { description: 'a standby' });
  expect(standby.status().backfill).toBeUndefined();
  await standby.stop();
  // The live stream goes on meanwhile.
  await client.query(`INSERT INTO t VALUES (-1, 'live')`);
  server.faults.clear();
  const isInMiddle = (): boolean =>
    (line.status().backfill?.rows ?? 0) > ROWS / 10 && server.record('t', '-1') !== undefined;
  await waitFor(isInMiddle, { description: 'a part to be loaded, and a live change', intervalMs: 1 });
  await line.stop().catch(() => undefined);
  const [before] = await states(database);
  expect(before).toMatchObject({ table_name: 'public.t', finished: false });
  expect(before?.['rows_done']).toBeGreaterThan(ROWS / 10);
  line = startLine(config);
  await waitFor(finished(database), { description: 'both tables to be loaded' });
  await waitFor(() => line.status().backfill === undefined, { description: 'it to be over' });
  const [after] = await states(database);
  expect(after?.['started_at']).toEqual(before?.['started_at']);
  // What was done by then was not asked for again.
  expect(after?.['rows_done']).toBeLessThanOrEqual(ROWS + 1);
  expectEqual(await compareIndex(client, server, 't', wholeRows('t')), ROWS);
  expectEqual(await compareIndex(client, server, 'u', wholeRows('u')), 1_000);
  const keys = server.journal().arrived.flatMap(({ operations }) => operations).length;
  await line.stop().catch(() => undefined);
  line = startLine(config);
  await waitFor(() => line.status().state === 'streaming', { description: 'another start' });
  await client.query(`INSERT INTO t VALUES (-2, 'live')`);
  await waitFor(() => server.record('t', '-2') !== undefined, { description: 'another live change' });
  expect(server.journal().arrived.flatMap(({ operations }) => operations)).toHaveLength(keys + 1);
  await line.stop().catch(() => undefined);
});

test('a table that the command has loaded is not loaded again', async () => {
  await using database = await createDatabase();
  await create(database);
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables });
  const first = startLine(config);
  onTestFinished(() => first[Symbol.asyncDispose]());
  await backfill(database, config, { table: 'public.t' });
  await first.stop();
  const [before] = await states(database);
  await using line = startLine({ ...config, backfill: 'initial' });
  await waitFor(finished(database), { description: 'the other table to be loaded' });
  await line.stop();
  expect((await states(database))[0]).toEqual(before);
  expectEqual(await compareIndex(database.client, server, 'u', wholeRows('u')), 1_000);
});

test('a table that cannot be loaded is told of, and holds up no other', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE TABLE t (id json, v text); CREATE TABLE u (id int PRIMARY KEY, v text);
    INSERT INTO t VALUES ('1', 'json has no order'); INSERT INTO u VALUES (1, 'u')`);
  await follow(database, 't, u', `WITH (publish = 'insert')`);
  await using server = await startIndex();
  const log: string[] = [];
  const config = lineConfig(database, server, { tables, backfill: 'initial' });
  await using line = startLine(config, { onLog: (text) => log.push(text) });
  await waitFor(() => server.record('u', '1') !== undefined, { description: 'the other table' });
  expect(log.join('')).toMatch(/cannot be loaded for now.*public\.t|public\.t.*cannot be loaded for now/);
  await line.stop();
  expectEqual(await compareIndex(client, server, 'u', wholeRows('u')));
});

test('without the table that says how far it has come, it ends at the start', async () => {
  await using database = await createDatabase();
  await create(database);
  await database.client.query('DROP TABLE wal2algolia.backfill');
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables, backfill: 'initial' }));
  await expect(line.ended).rejects.toMatchObject({
    exitCode: 78,
    message: expect.stringContaining('wal2algolia.backfill is missing'),
    remedy: expect.stringContaining('wal2algolia setup'),
  });
});
