import { expect, test } from 'vitest';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { backfill, createOwnTables } from '../backfill/backfill-case.ts';
import { createSlot, database, sql } from './wal2json-case.ts';

test('rows from before the slot are loaded beside what wal2json sends', async () => {
  await sql(
    `CREATE TABLE t (id uuid PRIMARY KEY, v text); INSERT INTO t SELECT md5(i::text)::uuid, 'v' || i FROM generate_series(1, 6000) i`,
  );
  await createOwnTables(database);
  await createSlot();
  await using server = await startIndex();
  const config = lineConfig(database, server, {
    replication: { slot: database.slot, plugin: 'wal2json' },
    tables: { 'public.t': { index: 't', attributes: { id: 'id', v: 'v' } } },
  });
  await using line = startLine(config);
  const loading = backfill(database, config, { table: 'public.t' });
  await sql(`UPDATE t SET v = 'changed' WHERE v LIKE '%7'; DELETE FROM t WHERE v LIKE '%8'`);
  expect((await loading).rows).toBeGreaterThan(0);
  await drained(database);
  await line.stop();
  expectEqual(
    await compareIndex(
      database.client,
      server,
      't',
      `SELECT id::text AS object_id, to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t') AS record FROM t`,
    ),
    5_000,
  );
});

test('rows of tables that inherit from a table are none of its own, streamed or loaded', async () => {
  await sql(`CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE child () INHERITS (t);
    INSERT INTO t VALUES (1, 'own'), (2, 'own'); INSERT INTO child VALUES (2, 'of a child'), (3, 'of a child')`);
  await createOwnTables(database);
  await createSlot();
  await sql(
    `INSERT INTO t VALUES (4, 'own'), (5, 'own'); INSERT INTO child VALUES (5, 'of a child'), (6, 'of a child')`,
  );
  await sql(
    `UPDATE t SET v = v || '!' WHERE id <> 4; TRUNCATE ONLY child; INSERT INTO child VALUES (1, 'late')`,
  );
  await using server = await startIndex();
  const config = lineConfig(database, server, {
    replication: { slot: database.slot, plugin: 'wal2json' },
    tables: { 'public.t': { index: 't', attributes: { id: 'id', v: 'v' } } },
  });
  await using line = startLine(config);
  expect(await backfill(database, config, { table: 'public.t' })).toMatchObject({ rows: 4 });
  await line.stop();
  expectEqual(
    await compareIndex(
      database.client,
      server,
      't',
      `SELECT id::text AS object_id, to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t') AS record FROM ONLY t`,
    ),
    4,
  );
});
