import { expect, test } from 'vitest';
import { RetentionFloorTable } from '../../../src/database/own-tables/retention-floor-table.ts';
import { lineConfig, released, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { commandFor } from '../cli/dead-letter-case.ts';
import { ask } from '../refresh/refresh-case.ts';
import { createLog, expectKept, floors, hourSql, insertRows, setFloor, TABLES } from './retention-case.ts';

const NONE = hourSql(0);
/** In the millisecond of row 101, which is kept. */
const FLOOR = `${hourSql(101)} + interval '400 microseconds'`;
const unfenced = async (): Promise<void> => undefined;

test('what lies below the floor goes and stays away, streamed, changed, read again and after a restart; Postgres keeps it', async () => {
  await using database = await createDatabase();
  await createLog(database);
  const { client } = database;
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: TABLES });
  {
    await using line = startLine(config);
    await insertRows(database, 1, 1_500);
    await expectKept(database, server, NONE, 1_500);
    const { rows: before } = await client.query('SELECT * FROM t ORDER BY id');
    await setFloor(database, FLOOR);
    await expectKept(database, server, FLOOR, 1_400);
    expect((await client.query('SELECT * FROM t ORDER BY id')).rows).toEqual(before);
    await client.query(`INSERT INTO t VALUES (2001, ${hourSql(1)}, 'old'), (2002, ${hourSql(900)}, 'new')`);
    await client.query(`UPDATE t SET v = 'changed' WHERE id IN (2, 3, 102, 103)`);
    await client.query(`UPDATE t SET occurred_at = ${hourSql(5)} WHERE id = 201`);
    await client.query(`UPDATE t SET occurred_at = ${hourSql(500)} WHERE id = 4`);
    await client.query('UPDATE t SET occurred_at = NULL WHERE id = 5');
    await ask(database, ['6', '7', '101', '2001']);
    await expectKept(database, server, FLOOR, 1_401);
    await line.stop();
  }
  await released(database);
  const standing = await floors(database);
  await insertRows(database, 3_000, 100);
  await client.query(`INSERT INTO t VALUES (4000, ${hourSql(99)}, 'old')`);
  await client.query(`UPDATE t SET v = 'changed again' WHERE id IN (2, 104)`);
  await using _line = startLine(config);
  await expectKept(database, server, FLOOR, 1_500);
  // By the clock it would lie lower: it stays.
  expect(await floors(database)).toEqual(standing);
});

test('rows that were written and not confirmed are delivered again, and the sweep at the start removes their records', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: TABLES, shutdownMs: 300 });
  server.faults.add({ kind: 'refuse', status: 503, path: '/task/', times: 10_000 });
  {
    await using _line = startLine(config);
    await insertRows(database, 1, 300);
    await waitFor(() => server.record('t', '300'), { description: 'the rows to be written' });
  }
  await released(database);
  server.faults.clear();
  await setFloor(database, FLOOR);
  await using _line = startLine(config);
  await expectKept(database, server, FLOOR, 200);
});

test('a record whose row gets a later time while the index is swept stays', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  await using _line = startLine(lineConfig(database, server, { tables: TABLES }));
  await insertRows(database, 1, 300);
  await expectKept(database, server, NONE, 300);
  // Found as old, and changed before the line comes to it.
  server.faults.add({ kind: 'slow', firstByteMs: 300, path: '/browse', times: 100 });
  await setFloor(database, FLOOR);
  for (let id = 1; id < 60; id += 2)
    await database.client.query(`UPDATE t SET occurred_at = ${hourSql(700)} WHERE id = $1`, [id]);
  await expectKept(database, server, FLOOR, 230);
});

test('a floor only rises, and only while the slot is ours', async () => {
  await using database = await createDatabase();
  await createLog(database);
  const table = new RetentionFloorTable(database);
  const at = (ms: number) => table.raise(() => new Map([['public.t', ms]]), unfenced);
  expect(await table.raise(() => new Map(), unfenced)).toEqual(new Map());
  expect(await at(1_000)).toEqual(new Map([['public.t', 1_000]]));
  expect(await at(1_700_000_000_123)).toEqual(new Map([['public.t', 1_700_000_000_123]]));
  const standing = await floors(database);
  expect(await at(1_699_999_999_999)).toEqual(new Map([['public.t', 1_700_000_000_123]]));
  expect(await floors(database)).toEqual(standing);
  const lost = new Error('somebody else has it');
  const raised = table.raise(
    () => new Map([['public.t', 1_800_000_000_000]]),
    () => Promise.reject(lost),
  );
  await expect(raised).rejects.toThrow('somebody else');
  expect(await floors(database)).toEqual(standing);
  const other = new RetentionFloorTable({ ...database, slot: 'other' });
  expect(await other.raise(() => new Map(), unfenced)).toEqual(new Map());
});

test('the first floor is set by age', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await database.client.query(
    `INSERT INTO t VALUES (1, now() - interval '25 hours', 'old'), (2, now() - interval '23 hours', 'new')`,
  );
  await using server = await startIndex();
  const tables = { 'public.t': { index: 't', objectID: ['id'], retention: { days: 1 } } };
  await using _line = startLine(lineConfig(database, server, { tables }));
  await waitFor(() => server.record('t', '2'), { description: 'the row that is new enough' });
  expect(server.record('t', '1')).toBeUndefined();
  const { rows } = await database.client.query(
    `SELECT abs(extract(epoch FROM now() - floor) - 86400) < 300 AS fits FROM wal2algolia.retention_floor`,
  );
  expect(rows).toEqual([{ fits: true }]);
});

test('without the table it does not start, and says what to run; a table that keeps all needs none', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await database.client.query('DROP TABLE wal2algolia.retention_floor');
  await using server = await startIndex();
  await using command = await commandFor(database, server, { tables: TABLES, http: { port: 0 } });
  const refused = await command.end('run');
  expect(refused.code, refused.stderr).toBe(78);
  expect(refused.stderr).toMatch(/retention_floor is missing.*wal2algolia setup/s);
  await using _line = startLine(
    lineConfig(database, server, { tables: { 'public.t': { index: 't', objectID: ['id'] } } }),
  );
  await database.client.query(`INSERT INTO t VALUES (1, ${hourSql(1)}, 'old')`);
  await waitFor(() => server.record('t', '1'), { description: 'its record' });
});
