import { expect, test } from 'vitest';
import { actorDigest } from '../../../src/records/erased-actors.ts';
import { compareIndex, expectEqual, isoSql } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, serverMajor } from '../../support/postgres.ts';
import { backfill, follow, states, wholeRows } from './backfill-case.ts';

const tables = { 'public.t': { index: 't' } };

test('a partitioned table, whose partitions give their keys side by side', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE TABLE t (id int, at int, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM (10) TO (20);
    CREATE TABLE t_d PARTITION OF t DEFAULT; INSERT INTO t SELECT i, i % 30, 'v' || i FROM generate_series(1, 9000) i`);
  await follow(database, 't', 'WITH (publish_via_partition_root = true)');
  await using server = await startIndex();
  const config = lineConfig(database, server, {
    tables: { 'public.t': { index: 't', objectID: ['at', 'id'], objectIDPrefix: 't-' } },
  });
  await using line = startLine(config);
  const sorted = new Set<boolean>();
  const result = await backfill(database, config, {
    table: 'public.t',
    onProgress: ({ isSorted }) => sorted.add(isSorted),
  });
  await line.stop();
  expect(result).toMatchObject({ rows: 9_000, unnamable: 0 });
  expect([...sorted]).toEqual([false]);
  expectEqual(await compareIndex(client, server, 't', wholeRows('t', `'t-' || at || ':' || id`)), 9_000);
});

test('a table whose children inherit from it: only rows of its own', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE child () INHERITS (t);
    INSERT INTO t VALUES (1, 'own'); INSERT INTO child VALUES (2, 'of a child')`);
  await follow(database, 'ONLY t');
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables });
  await using line = startLine(config);
  await backfill(database, config, { table: 'public.t' });
  await line.stop();
  expectEqual(
    await compareIndex(client, server, 't', wholeRows('ONLY t').replace('public.ONLY ', 'public.')),
  );
});

test('a row of 1 MB among others is set aside or written as it is, and holds up nothing', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, v text);
    INSERT INTO t SELECT i, repeat('é', CASE i WHEN 5 THEN 500000 ELSE 10 END) FROM generate_series(1, 10) i`);
  await follow(database, 't');
  await using server = await startIndex({ recordBytesMax: 1_000_000 });
  const config = lineConfig(database, server, { tables, algolia: { recordBytesMax: 1_000_000 } });
  await using line = startLine(config);
  await backfill(database, config, { table: 'public.t' });
  await line.stop();
  const { rows } = await client.query('SELECT object_id, reason FROM wal2algolia.dead_letter');
  expect(rows).toEqual([{ object_id: '5', reason: 'too-large' }]);
  expectEqual(await compareIndex(client, server, 't', `${wholeRows('t')} WHERE id <> 5`), 9);
});

test('keys that are no objectID are counted: an empty one, and one that is larger than a record', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE TABLE t (id text, v int);
    INSERT INTO t VALUES ('', 1), (repeat('x', 20000), 2), (NULL, 3), ('a', 4)`);
  await follow(database, 't', `WITH (publish = 'insert')`);
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables });
  await using line = startLine(config);
  expect(await backfill(database, config, { table: 'public.t' })).toMatchObject({ unnamable: 3 });
  await line.stop();
  expect(await states(database)).toMatchObject([{ rows_unnamable: 3, finished: true }]);
  expectEqual(await compareIndex(client, server, 't', `${wholeRows('t')} WHERE id = 'a'`));
});

const instants = (column: string) =>
  `'${column}', ${isoSql(column)}, '${column}_ms', floor(extract(epoch FROM ${column}) * 1000)::bigint`;

test.each([
  ['timestamptz', undefined],
  ['timestamp', undefined],
  ['timestamp', 'Europe/Berlin'],
] as const)('a window of times in a column of type %s, zone %s', async (type, timeZone) => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, occurred_at ${type});
    INSERT INTO t SELECT i, '2026-01-01 00:00'::timestamp + i * interval '1 hour' FROM generate_series(1, 2000) i;
    INSERT INTO t VALUES (9999, NULL); ANALYZE t`);
  await follow(database, 't');
  await using server = await startIndex();
  const attributes = { id: 'id', occurred_at: { column: 'occurred_at', ...(timeZone && { timeZone }) } };
  const config = lineConfig(database, server, { tables: { 'public.t': { index: 't', attributes } } });
  await using line = startLine(config);
  const time = { column: 'occurred_at', timeZone, from: '2026-01-05T00:00:00Z', to: '2026-01-06T00:00:00Z' };
  expect(await backfill(database, config, { table: 'public.t', scope: { time } })).toMatchObject({
    rows: 24,
  });
  await line.stop();
  const at = type === 'timestamptz' ? 'occurred_at' : `(occurred_at AT TIME ZONE '${timeZone ?? 'UTC'}')`;
  const expected = `SELECT id::text AS object_id, jsonb_build_object('objectID', id::text, 'id', id, 'source_table', 'public.t',
      ${instants('at')}) - 'at' - 'at_ms' || jsonb_build_object('occurred_at', ${isoSql('at')}, 'occurred_at_ms', floor(extract(epoch FROM at) * 1000)::bigint) AS record
    FROM (SELECT id, ${at} AS at FROM t) t WHERE at >= '${time.from}' AND at < '${time.to}'`;
  expectEqual(await compareIndex(client, server, 't', expected), 24);
  expect(await states(database)).toMatchObject([
    { scope: expect.stringContaining('2026-01-05'), finished: true },
  ]);
});

test('a condition of the operator, whether it means few rows or most, beside what the publication keeps back', async ({
  skip,
}) => {
  skip(serverMajor() < 15, 'needs row filters, which came with Postgres 15');
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, tenant text, v int);
    INSERT INTO t SELECT i, 'tenant ' || i % 100, i FROM generate_series(1, 12000) i; ANALYZE t`);
  await follow(database, 't', `WHERE (id % 2 = 0) WITH (publish = 'insert, update, delete')`);
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables });
  await using line = startLine(config);
  const few = await backfill(database, config, {
    table: 'public.t',
    scope: { where: `tenant = 'tenant 4' -- few` },
  });
  expect(few.rows).toBe(120);
  expectEqual(await compareIndex(client, server, 't', `${wholeRows('t')} WHERE tenant = 'tenant 4'`), 120);
  const most = await backfill(database, config, {
    table: 'public.t',
    scope: { where: `tenant <> 'tenant 6'` },
  });
  expect(most.rows).toBe(5_880);
  await line.stop();
  expectEqual(
    await compareIndex(client, server, 't', `${wholeRows('t')} WHERE id % 2 = 0 AND tenant <> 'tenant 6'`),
    5_880,
  );
  expect((await states(database)).map(({ scope }) => scope)).toHaveLength(2);
});

test('a condition can change nothing, and what it says of a value is not repeated', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(
    `CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'secret'); CREATE SEQUENCE s`,
  );
  await follow(database, 't');
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables });
  const asked = (where: string) => backfill(database, config, { table: 'public.t', scope: { where } });
  await expect(asked(`setval('public.s', 7) > 0`)).rejects.toMatchObject({
    exitCode: 64,
    message: expect.stringContaining('read-only'),
  });
  await expect(asked(`v::int > 0`)).rejects.toMatchObject({
    exitCode: 64,
    message: 'public.t: --where fails at a value of some row, with SQLSTATE 22P02',
  });
  const { rows } = await client.query('SELECT is_called FROM s');
  expect(rows).toEqual([{ is_called: false }]);
});

test('rows of the erased, and those below the floor of their table, stay out', async () => {
  await using database = await createDatabase();
  const { client, slot } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, occurred_at timestamptz, actor_id text);
    INSERT INTO t SELECT i, '2026-01-01'::timestamptz + i * interval '1 hour', 'actor ' || i % 3 FROM generate_series(1, 300) i`);
  await follow(database, 't');
  await client.query(`INSERT INTO wal2algolia.retention_floor VALUES ($1, 'public.t', '2026-01-05')`, [slot]);
  await client.query(
    `INSERT INTO wal2algolia.erased_actor (slot_name, digest, finished_at) VALUES ($1, $2, now())`,
    [slot, actorDigest('actor 1')],
  );
  await using server = await startIndex();
  const kept = { 'public.t': { index: 't', retention: { days: 18_000 } } };
  const config = lineConfig(database, server, { tables: kept });
  await using line = startLine(config);
  expect(await backfill(database, config, { table: 'public.t' })).toMatchObject({ rows: 300 });
  await drained(database);
  await line.stop();
  const expected = `SELECT id::text AS object_id, to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t', ${instants('occurred_at')}) AS record
    FROM t WHERE occurred_at >= '2026-01-05' AND actor_id <> 'actor 1'`;
  expectEqual(await compareIndex(client, server, 't', expected), 100);
});
