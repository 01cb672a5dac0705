import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { TransformFunction } from '../../../src/config/transform-schema.ts';
import { parseLsn } from '../../../src/lsn.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { rows as letters } from '../dead-letters/letter-case.ts';
import { createT, expectLoud, start, tablesOf } from './transform-case.ts';

test('a row of a megabyte may become a small record', async () => {
  await using database = await createDatabase();
  await createT(database);
  await using server = await startIndex();
  const cut: TransformFunction = (record) => ({ ...record, v: String(record['v']).slice(0, 100) });
  await using _line = start(database, server, cut);
  await database.client.query(`INSERT INTO t SELECT g, repeat('x', 900000) FROM generate_series(1, 20) g`);
  await database.client.query(`INSERT INTO t VALUES (21, repeat('x', 1100000))`);
  await drained(database);
  expect((await letters(database)).map(({ object_id, reason }) => [object_id, reason])).toEqual([
    ['21', 'too-large'],
  ]);
  await expectLoud(
    database,
    server,
    20,
    `SELECT id::text AS object_id, to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t', 'v', left(v, 100)) AS record FROM t WHERE id < 21`,
  );
});

test('records that grow tenfold are written in parts', async () => {
  await using database = await createDatabase();
  await createT(database);
  await using server = await startIndex();
  const rows = 6_000;
  const bytesMax = 1_000_000;
  await database.client.query(
    `INSERT INTO t SELECT g, md5(g::text) || repeat('y', 700) FROM generate_series(1, $1::int) g`,
    [rows],
  );
  const grows: TransformFunction = (record) => ({ ...record, more: 'x'.repeat(9_000) });
  await using line = startLine(
    lineConfig(database, server, { tables: tablesOf(grows), batch: { bytesMax } }),
  );
  await drained(database);
  expect(line.confirmed.reduce((sum, { records }) => sum + records, 0)).toBe(rows);
  // Half as much again, and the drafts that are finished together.
  const partMax = 1.5 * bytesMax + 4_000_000;
  for (const { bytes } of line.confirmed) expect(bytes).toBeLessThan(partMax);
  await expectLoud(
    database,
    server,
    rows,
    `SELECT id::text AS object_id, to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t', 'more', repeat('x', 9000)) AS record FROM t`,
  );
});

test('rows that come while others wait for their part do not take their place in memory', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createT(database);
  await using server = await startIndex({ recordBytesMax: 1_000_000 });
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  let isReached = false;
  const waits: TransformFunction = async (record) => {
    isReached ||= record['id'] === 100;
    if (record['id'] === 100) await gate;
    return { ...record, more: 'x'.repeat(20_000) };
  };
  // One batch of more than one buffer, which becomes many parts.
  const insert = (from: number) =>
    client.query(
      `INSERT INTO t SELECT g, md5(g::text) || repeat('y', 700) FROM generate_series($1::int, $1::int + 399) g`,
      [from],
    );
  await insert(1);
  await using line = startLine(
    lineConfig(database, server, {
      tables: tablesOf(waits),
      algolia: { recordBytesMax: 1_000_000 },
      batch: { bytesMax: 400_000, lingerMs: 1_000 },
    }),
  );
  await waitFor(() => isReached, { description: 'the fourth part or so' });
  await insert(401);
  const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  await waitFor(() => parseLsn(line.status().slot.receivedLsn ?? '0/0') >= parseLsn(rows[0]?.lsn ?? ''), {
    description: 'the other rows to be read',
  });
  open();
  await drained(database);
  await expectLoud(
    database,
    server,
    800,
    `SELECT id::text AS object_id, to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t', 'more', repeat('x', 20000)) AS record FROM t`,
  );
});

test('what was finished is not kept', async () => {
  await using database = await createDatabase();
  await createT(database);
  await using server = await startIndex({ journal: false });
  await using line = start(database, server, () => null);
  await database.client.query(`INSERT INTO t VALUES (1, 'a')`);
  await drained(database);
  const before = buffersKept();
  await database.client.query(`INSERT INTO t SELECT g, repeat('x', 5000) FROM generate_series(2, 20000) g`);
  await drained(database);
  expect(line.status().records.deleted).toBe(20_000);
  // 100 MB have passed. Buffers that are collected are given back beside us, so that it may take another look.
  await waitFor(() => buffersKept() - before < 40e6, { description: 'the buffers to be given back' });
});

function buffersKept(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().arrayBuffers;
}
