import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Change, TransformFunction } from '../../../src/config/transform-schema.ts';
import { drained, released, startIndex } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { createT, expectLoud, loud, start } from './transform-case.ts';

const slowly: TransformFunction = async (record) => {
  await setTimeout(Number(record['id']) % 3);
  return loud(record);
};

test.each([
  ['at once', loud],
  ['later', slowly],
])('what a function makes of a row %s is its record: NULLs, unicode, JSON', async (_, transform) => {
  await using database = await createDatabase();
  await createT(database);
  await using server = await startIndex();
  await using _line = start(database, server, transform);
  await database.client.query(
    `INSERT INTO t VALUES (0, NULL, NULL), (-1, '', '{}'), (-2, 'é "ü" 😀 \\', '[1.5, {"a": null}]')`,
  );
  await database.client.query(
    `INSERT INTO t SELECT g, CASE WHEN g % 3 = 0 THEN 'skip' ELSE 'v' END || g FROM generate_series(1, 3000) g`,
  );
  await drained(database);
  await expectLoud(database, server, 2_003);
});

test.each([
  ['one by one', true],
  ['all in one batch', false],
])('a row comes, goes and comes back as its function says, %s', async (_, oneByOne) => {
  await using database = await createDatabase();
  await createT(database);
  await using server = await startIndex();
  const statements = [
    `INSERT INTO t SELECT g, 'v' || g FROM generate_series(1, 8) g`,
    `INSERT INTO t VALUES (20, 'skip at first')`,
    `UPDATE t SET v = 'skip' WHERE id IN (1, 2, 3, 4)`,
    `UPDATE t SET v = 'back' WHERE id IN (2, 20)`,
    'DELETE FROM t WHERE id = 3',
    `UPDATE t SET id = 40, v = 'moved' WHERE id = 4`,
    `UPDATE t SET id = 50, v = 'skip' WHERE id = 5`,
    `UPDATE t SET id = 60 WHERE id = 6`,
    `DELETE FROM t WHERE id = 7; INSERT INTO t VALUES (7, 'skip')`,
  ];
  await using line = oneByOne ? start(database, server, loud) : undefined;
  for (const statement of statements) {
    await database.client.query(statement);
    if (!oneByOne) continue;
    await drained(database);
    await expectLoud(database, server, 0);
  }
  await using later = line === undefined ? start(database, server, loud) : undefined;
  await drained(database);
  await expectLoud(database, server, 5);
  await database.client.query(`TRUNCATE t; INSERT INTO t VALUES (1, 'skip'), (2, 'new')`);
  await drained(database);
  await expectLoud(database, server, 1);
  expect((line ?? later)?.status().state).toBe('streaming');
});

test('a row that a newer function skips is gone, also where deletes are not followed', async () => {
  await using database = await createDatabase();
  await createT(database);
  await database.client.query(`ALTER PUBLICATION "${database.publication}" SET (publish = 'insert')`);
  await using server = await startIndex();
  const old = start(database, server, (record) => record);
  await database.client.query(`INSERT INTO t VALUES (1, 'skip'), (2, 'keep')`);
  await drained(database);
  expect(server.record('t', '1')).toBeDefined();
  await old.stop();
  await released(database);
  // The slot knows of nothing that was confirmed: all of it comes again.
  await database.client.query('SELECT pg_drop_replication_slot($1)', [database.slot]);
  await database.client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [database.slot]);
  await database.client.query(`DELETE FROM t; INSERT INTO t VALUES (1, 'skip'), (2, 'keep')`);
  await using _line = start(database, server, loud);
  await drained(database);
  await expectLoud(database, server, 1);
});

test('the function is told what brought the row', async () => {
  await using database = await createDatabase();
  await createT(database);
  await using server = await startIndex();
  const seen: Change[] = [];
  await using _line = start(database, server, (record, change) => {
    seen.push(change);
    return record;
  });
  await database.client.query(`INSERT INTO t VALUES (1, 'a')`);
  await database.client.query(`UPDATE t SET v = 'b'`);
  await database.client.query('UPDATE t SET id = 2');
  await database.client.query(
    `SELECT pg_logical_emit_message(true, 'wal2algolia', '{"refresh": {"table": "public.t", "objectIDs": ["2"]}}')`,
  );
  await drained(database);
  const commit = {
    lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
    xid: expect.any(Number),
    committedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
  };
  expect(seen).toEqual([
    { table: 'public.t', operation: 'insert', objectID: '1', ...commit },
    { table: 'public.t', operation: 'update', objectID: '1', ...commit },
    { table: 'public.t', operation: 'update', objectID: '2', ...commit },
    {
      table: 'public.t',
      operation: 'refresh',
      objectID: '2',
      lsn: undefined,
      xid: undefined,
      committedAt: undefined,
    },
  ]);
  expect(JSON.parse(server.record('t', '2') ?? '{}')).not.toHaveProperty('wal');
});
