import { expect, test } from 'vitest';
import type { Change, MappedRecord } from '../../../src/config/transform-schema.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { createT, expectLoud, LOUD, loud, tablesOf } from '../drafts/transform-case.ts';
import { ask, large } from './refresh-case.ts';

test.each([
  ['change by change', true],
  ['all waiting, in one batch', false],
])('rows whose large value did not travel pass through the function as well, %s', async (_, oneByOne) => {
  await using database = await createDatabase();
  const { client } = database;
  await createT(database);
  await using server = await startIndex({ recordBytesMax: 100_000 });
  const seen: Change['operation'][] = [];
  const transform = {
    apply: async (record: MappedRecord, change: Change) => {
      seen.push(change.operation);
      return loud(record);
    },
    isPure: true,
  };
  const options = { tables: { 'public.t': { index: 't', transform } }, algolia: { recordBytesMax: 100_000 } };
  await using line = oneByOne ? startLine(lineConfig(database, server, options)) : undefined;
  for (let id = 1; id <= 6; id++)
    await client.query('INSERT INTO t VALUES ($1, $2, $3)', [id, `v${id}`, JSON.stringify(large())]);
  for (const statement of [
    `UPDATE t SET v = 'second' WHERE id = 1`,
    `UPDATE t SET v = 'skip' WHERE id IN (2, 3)`,
    `UPDATE t SET v = 'back' WHERE id = 3`,
    `UPDATE t SET id = 40, v = 'moved' WHERE id = 4`,
    `UPDATE t SET id = 50, v = 'skip' WHERE id = 5`,
    `UPDATE t SET v = 'third' WHERE id = 1; UPDATE t SET data = '1.5' WHERE id = 1`,
  ]) {
    await client.query(statement);
    if (oneByOne) {
      await drained(database);
      await expectLoud(database, server, 1);
    }
  }
  await using later = line === undefined ? startLine(lineConfig(database, server, options)) : undefined;
  await drained(database);
  await expectLoud(database, server, 4);
  expect(seen).toContain('refresh');
  expect((line ?? later)?.status().state).toBe('streaming');
});

test('a row that leaves an objectID to another, which fails, takes its record along', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createT(database);
  await client.query(
    'ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id) DEFERRABLE INITIALLY DEFERRED',
  );
  await client.query('ALTER TABLE t REPLICA IDENTITY FULL');
  await using server = await startIndex();
  const transform = (record: MappedRecord) => {
    if (record['v'] === 'bad') throw new Error('bad');
    return loud(record);
  };
  await using _line = startLine(
    lineConfig(database, server, { tables: { 'public.t': { index: 't', transform } } }),
  );
  await client.query(`INSERT INTO t VALUES (1, 'one'), (2, 'two')`);
  await drained(database);
  await client.query(`UPDATE t SET id = 3 - id, v = CASE id WHEN 2 THEN 'bad' ELSE v END`);
  await drained(database);
  await expectLoud(database, server, 1, `SELECT * FROM (${LOUD}) good WHERE object_id = '2'`);
  const { rows } = await client.query('SELECT object_id, reason FROM wal2algolia.dead_letter');
  expect(rows).toEqual([{ object_id: '1', reason: 'transform-failed' }]);
});

test('a value of half a megabyte that did not travel is read whole for the function', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createT(database);
  await using server = await startIndex();
  const lengths: number[] = [];
  const transform = ({ id, v, data }: MappedRecord, { operation }: Change) => {
    const text = String(data);
    if (operation === 'refresh') lengths.push(text.length);
    return { id, v, length: text.length, end: text.slice(-10) };
  };
  await using _line = startLine(
    lineConfig(database, server, { tables: { 'public.t': { index: 't', transform } } }),
  );
  await client.query(
    `INSERT INTO t SELECT g, 'a', to_jsonb(repeat('x', 500000) || 'end' || g) FROM generate_series(1, 20) g`,
  );
  await client.query(`UPDATE t SET v = 'b'`);
  await drained(database);
  expect(lengths.filter((length) => length > 500_000)).toHaveLength(20);
  await expectLoud(
    database,
    server,
    20,
    `SELECT id::text AS object_id, jsonb_build_object('objectID', id::text, 'source_table', 'public.t', 'id', id, 'v', v,
       'length', length(data #>> '{}'), 'end', right(data #>> '{}', 10)) AS record FROM t`,
  );
});

test('a row that is asked for behind changes of it is read behind them, where their records are yet to be finished', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await createT(database);
  await using server = await startIndex({ recordBytesMax: 100_000 });
  await client.query('INSERT INTO t VALUES (1, $1, $2)', ['first', JSON.stringify(large())]);
  // Without its large value, then with a small one, and at last by an update that nobody publishes.
  await client.query(`UPDATE t SET v = 'second' WHERE id = 1`);
  await client.query(`UPDATE t SET v = 'third', data = '1' WHERE id = 1`);
  await client.query(`ALTER PUBLICATION "${publication}" SET (publish = 'insert')`);
  await client.query(`UPDATE t SET v = 'unseen' WHERE id = 1`);
  await client.query(`ALTER PUBLICATION "${publication}" SET (publish = 'insert, update, delete, truncate')`);
  await ask(database, ['1']);
  await using _line = startLine(
    lineConfig(database, server, {
      tables: tablesOf(loud),
      algolia: { recordBytesMax: 100_000 },
      // The four of them, however slowly they come.
      batch: { recordsMax: 4, lingerMs: 60_000 },
    }),
  );
  await drained(database);
  expect(server.journal().applied).toHaveLength(1);
  expect(JSON.parse(server.record('t', '1') ?? '')).toMatchObject({ v: 'unseen', loud: 'unseen!' });
  await expectLoud(database, server);
});
