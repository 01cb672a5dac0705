import { expect, test } from 'vitest';
import type { MappedRecord, TransformFunction } from '../../../src/config/transform-schema.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { rows as letters } from '../dead-letters/letter-case.ts';
import { createT, expectLoud, LOUD, loud, start, tablesOf } from './transform-case.ts';

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
      /^public\.t: transform threw Error at failures\.test\.ts:\d+:\d+, in the transaction at /,
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
  await database.client.query(`INSERT INTO t VALUES (2, 'wait')`);
  const { rows: ends } = await database.client.query('SELECT pg_current_wal_insert_lsn()::text AS lsn');
  await waitFor(() => line.status().error?.message === 'records wait for the transform of public.t', {
    description: 'the pipeline to say what it waits for',
  });
  // Other databases of the server move it, too, as far as the row.
  const behind = `SELECT '${line.status().slot.confirmedLsn}'::pg_lsn < '${ends[0].lsn}'::pg_lsn AS holds`;
  expect((await database.client.query(behind)).rows).toEqual([{ holds: true }]);
  answer();
  await drained(database);
  expect(line.status().error).toBeUndefined();
  await expectLoud(database, server, 2);
});
