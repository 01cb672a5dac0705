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
