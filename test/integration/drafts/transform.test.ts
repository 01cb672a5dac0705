import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Change, MappedRecord, TransformFunction } from '../../../src/config/transform-schema.ts';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { parseLsn } from '../../../src/lsn.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { rows as letters } from '../dead-letters/letter-case.ts';
import { createT, expectLoud, LOUD, loud } from './transform-case.ts';

const tablesOf = (transform: TransformFunction) => ({ 'public.t': { index: 't', transform } });

function start(database: TestDatabase, server: AlgoliaServer, transform: TransformFunction) {
  return startLine(lineConfig(database, server, { tables: tablesOf(transform) }));
}

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

const SECRET = 'geheim';
const wrong: Readonly<Record<string, (record: MappedRecord) => unknown>> = {
  throws: ({ v }) => {
    throw new Error(`cannot bear ${v}`);
  },
  rejects: ({ v }) => Promise.reject(new TypeError(String(v))),
  'returns nothing': () => undefined,
  'returns a text': ({ v }) => v,
  'returns a Map': ({ v }) => new Map([[v, v]]),
  'returns a cycle': ({ v }) => {
    const cycle: Record<string, unknown> = { v };
    cycle['self'] = cycle;
    return cycle;
  },
  'returns another objectID': ({ v }) => ({ objectID: v }),
  'returns wal': ({ v }) => ({ wal: v }),
  'returns too much': ({ v }) => ({ v: String(v).repeat(5_000) }),
};
const reasons = ['transform-failed', 'transform-failed', ...Array(6).fill('not-a-record'), 'too-large'];

test('rows of which nothing comes are set aside, each with its reason; the others go on, and once it is mended all are there', async () => {
  await using database = await createDatabase();
  await createT(database);
  await using server = await startIndex();
  const log: string[] = [];
  const apply: TransformFunction = (record) => {
    const what = wrong[(record['data'] as { wrong?: string } | null)?.wrong ?? ''];
    return (what === undefined ? loud(record) : what(record)) as object;
  };
  const first = startLine(lineConfig(database, server, { tables: tablesOf(apply) }), {
    onLog: (line) => log.push(line),
  });
  const names = Object.keys(wrong);
  await database.client.query(
    `INSERT INTO t SELECT g, '${SECRET}' || g, jsonb_build_object('wrong', ($1::text[])[g]) FROM generate_series(1, 40) g`,
    [names],
  );
  await drained(database);
  const set = await letters(database);
  expect(set.map(({ object_id, reason }) => [object_id, reason])).toEqual(
    reasons.map((reason, at) => [String(at + 1), reason]),
  );
  expect(set[0]).toMatchObject({
    message: expect.stringMatching(
      /^public\.t: transform threw Error at transform\.test\.ts:\d+:\d+, in the transaction at /,
    ),
    action: 'update',
    http_status: null,
    attempts: 1,
  });
  expect(JSON.parse(String(set[0]?.['record']))).toMatchObject({
    objectID: '1',
    id: 1,
    v: `${SECRET}1`,
    wal: {},
  });
  const told = [...log, ...set.map(({ message }) => message), JSON.stringify(first.status())].join('\n');
  expect(told).toContain('records are set aside as dead letters');
  expect(told).not.toContain(SECRET);
  expect(first.status().records).toMatchObject({ deadLetters: names.length, written: 40 - names.length });
  const others = `${LOUD} AND id > ${names.length}`
    .replace('WHERE v', 'WHERE (v')
    .replace(`'skip%'`, `'skip%')`);
  await expectLoud(database, server, 31, others);
  await first.stop();

  await using mended = start(database, server, loud);
  await database.client.query(
    `SELECT pg_logical_emit_message(true, 'wal2algolia', jsonb_build_object('refresh', jsonb_build_object(
       'table', 'public.t', 'objectIDs', jsonb_agg(object_id)))::text) FROM wal2algolia.dead_letter`,
  );
  await drained(database);
  expect(await letters(database)).toEqual([]);
  expect(mended.status().records.deadLetters).toBe(0);
  await expectLoud(database, server, 40);
});

test('a row that fails keeps the record that it had, and one that is skipped or deleted settles its letter', async () => {
  await using database = await createDatabase();
  await createT(database);
  await using server = await startIndex();
  const fails: TransformFunction = (record) => {
    if (record['v'] === 'bad') throw new Error('bad');
    return loud(record);
  };
  await using _line = start(database, server, fails);
  await database.client.query(`INSERT INTO t SELECT g, 'v' || g FROM generate_series(1, 3) g`);
  await drained(database);
  await database.client.query(`UPDATE t SET v = 'bad'`);
  await drained(database);
  expect((await letters(database)).map(({ object_id }) => object_id)).toEqual(['1', '2', '3']);
  expect(JSON.parse(server.record('t', '1') ?? '{}')).toMatchObject({ v: 'v1', loud: 'v1!' });
  await database.client.query(
    `UPDATE t SET v = 'skip' WHERE id = 1; DELETE FROM t WHERE id = 2; UPDATE t SET v = 'good' WHERE id = 3`,
  );
  await drained(database);
  expect(await letters(database)).toEqual([]);
  await expectLoud(database, server, 1);
});

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
  // 100 MB have passed.
  expect(buffersKept() - before).toBeLessThan(40e6);
});

function buffersKept(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().arrayBuffers;
}

test('a function that does not answer holds the slot, says so, and lets go when told to stop', async () => {
  await using database = await createDatabase();
  await createT(database);
  await using server = await startIndex();
  let answer: () => void = () => undefined;
  const waits: TransformFunction = (record) =>
    record['v'] === 'wait' ? new Promise((resolve) => (answer = () => resolve(loud(record)))) : loud(record);
  await using line = start(database, server, waits);
  await database.client.query(`INSERT INTO t VALUES (1, 'a')`);
  await drained(database);
  const { confirmedLsn } = line.status().slot;
  await database.client.query(`INSERT INTO t VALUES (2, 'wait')`);
  await waitFor(() => line.status().error?.message === 'records wait for the transform of public.t', {
    description: 'the pipeline to say what it waits for',
  });
  expect(line.status().slot.confirmedLsn).toBe(confirmedLsn);
  answer();
  await drained(database);
  expect(line.status().error).toBeUndefined();
  await expectLoud(database, server, 2);
});
