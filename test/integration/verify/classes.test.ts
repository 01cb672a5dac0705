import { expect, test } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { createLog, facts, insertRows, intruder, TABLES, verified } from './verify-case.ts';

const WINDOWS = [
  ['all at once', {}],
  ['windows of 7 rows', { rowsPerWindow: 7 }],
  ['slices of 10 rows', { leavesMax: 10 }],
  ['windows of 40 rows in slices of 10', { rowsPerWindow: 40, leavesMax: 10 }],
] as const;

test.each(WINDOWS)('a record removed, one altered, one extra and one stale, %s', async (_, limits) => {
  await using database = await createDatabase();
  const { client } = database;
  await createLog(database);
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: TABLES });
  await using line = startLine(config);
  await insertRows(database, 1, 100);
  await client.query(`INSERT INTO t VALUES (101, NULL, 'without'), (102, 'infinity', NULL)`);
  await drained(database);
  expect(facts(await verified(database, config, { limits }))).toEqual({
    rows: 102,
    records: 102,
    counts: [0, 0, 0, 0],
    excused: {},
    listed: [],
  });

  using index = intruder(server);
  const stale = JSON.parse(server.record('t', '50') ?? '') as object;
  await client.query(`UPDATE t SET v = 'new' WHERE id = 50`);
  await drained(database);
  await index.put(stale);
  await index.remove('10', '101');
  await index.alter('20', { v: 'altered', more: true });
  await index.alter('30', { occurred_at_ms: 5, occurred_at: null });
  await index.alter('31', { occurred_at_ms: null });
  await index.alter('32', { occurred_at_ms: 'x' });
  await index.put({ objectID: 'somebody', v: 1 }, { objectID: '5000', occurred_at_ms: 1_704_100_000_000 });
  await index.alter('102', { wal: null });

  const found = await verified(database, config, { limits });
  expect(facts(found)).toEqual({
    rows: 102,
    records: 102,
    counts: [2, 2, 5, 0],
    excused: {},
    listed: [
      'differing 20 v more',
      'differing 30 occurred_at occurred_at_ms',
      'differing 31 occurred_at_ms',
      'differing 32 occurred_at_ms',
      'differing 50 v',
      'extra 5000',
      'extra somebody',
      'missing 10',
      'missing 101',
    ],
  });
  const repaired = await verified(database, config, { limits, repairs: true });
  // What is repaired in one window may be found right in another one.
  expect(facts(repaired)).toEqual({ ...facts(found), records: expect.any(Number), counts: [2, 2, 5, 9] });
  expect(repaired.differences.every(({ isRepaired }) => isRepaired)).toBe(true);
  expect(facts(await verified(database, config, { limits }))).toMatchObject({
    rows: 102,
    records: 102,
    listed: [],
  });
  await line.stop();
});
