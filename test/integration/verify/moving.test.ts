import { randomInt } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import {
  createLog,
  facts,
  insertRows,
  intruder,
  keepDoing,
  TABLES,
  verified,
  writtenAgain,
} from './verify-case.ts';

/** Which of the rows from 1001 on is written next, and how: from a seed, which is printed. */
function hectic(seed: number): (turn: number) => string {
  return (turn) => {
    const number = Math.imul(turn + seed, 0x9e3779b1) >>> 8;
    const id = 1_001 + (number % 400);
    const time = `timestamptz '2024-03-01' + ${number % 5_000} * interval '1 hour'`;
    if (turn % 4 === 0) return `DELETE FROM t WHERE id = ${id}`;
    if (turn % 4 === 1) return `UPDATE t SET v = 'turn ${turn}', occurred_at = ${time} WHERE id = ${id}`;
    if (turn % 4 === 2) return `INSERT INTO t VALUES (${100_000 + turn * 10 + (seed % 7)}, ${time}, 'new')`;
    return `INSERT INTO t VALUES (${id}, ${time}, 'again ${turn}')
      ON CONFLICT (id) DO UPDATE SET v = excluded.v, occurred_at = excluded.occurred_at`;
  };
}

test.each([
  ['at once', {}],
  ['by windows', { rowsPerWindow: 250 }],
  ['by slices', { leavesMax: 400 }],
])(
  'while rows are inserted, updated and deleted, nothing is found but what is wrong, %s',
  async (_, limits) => {
    const seed = randomInt(1_000_000);
    onTestFinished(({ task }) => {
      if (task.result?.state === 'fail') process.stderr.write(`seed ${seed}\n`);
    });
    await using database = await createDatabase();
    await createLog(database);
    await using server = await startIndex({ taskDelayMs: 30 });
    const config = lineConfig(database, server, { tables: TABLES });
    await using line = startLine(config);
    await insertRows(database, 1, 300);
    await insertRows(database, 1_001, 400);
    await drained(database);
    await using one = await keepDoing(database, hectic(seed));
    await using other = await keepDoing(database, hectic(seed + 1));
    await waitFor(() => one.turns() > 100 && other.turns() > 100, { description: 'rows to be written' });
    for (let round = 0; round < 2; round++)
      expect(facts(await verified(database, config, { limits }))).toMatchObject({
        counts: [0, 0, 0, 0],
        listed: [],
      });
    using index = intruder(server);
    await index.remove('3');
    await index.alter('200', { v: 'altered' });
    await index.put({ objectID: '900', occurred_at_ms: 1_704_100_000_000 }, { objectID: 'x' });
    const before = server.journal().arrived.length;
    const found = await verified(database, config, { limits, repairs: true });
    expect(facts(found)).toMatchObject({
      counts: [1, 2, 1, 4],
      listed: ['differing 200 v', 'extra 900', 'extra x', 'missing 3'],
    });
    expect(
      writtenAgain(server, before)
        .filter((each) => !/^1\d{3,}$/.test(each))
        .sort(),
    ).toEqual(['200', '3', '900', 'x']);
    expect(facts(await verified(database, config, { limits }))).toMatchObject({ counts: [0, 0, 0, 0] });
    await line.stop();
  },
);

test('repairs exactly what differs while rows are being inserted', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createLog(database);
  await using server = await startIndex({ taskDelayMs: 10 });
  const config = lineConfig(database, server, { tables: TABLES });
  await using line = startLine(config);
  await insertRows(database, 1, 500);
  await drained(database);
  using index = intruder(server);
  const stale = JSON.parse(server.record('t', '77') ?? '') as object;
  await client.query(`UPDATE t SET v = 'new' WHERE id = 77`);
  await drained(database);
  await index.put(stale, { objectID: '100000', v: 'extra' });
  await index.remove('1', '500');
  await index.alter('250', { v: null });
  {
    await using writer = await keepDoing(
      database,
      (turn) => `INSERT INTO t VALUES (${1_000 + turn}, now(), 'inserted')`,
    );
    await waitFor(() => writer.turns() > 50, { description: 'rows to be inserted' });
    const before = server.journal().arrived.length;
    const found = await verified(database, config, { repairs: true, limits: { rowsPerWindow: 100 } });
    expect(facts(found)).toMatchObject({
      counts: [2, 1, 2, 5],
      listed: ['differing 250 v', 'differing 77 v', 'extra 100000', 'missing 1', 'missing 500'],
    });
    expect([...writtenAgain(server, before)].sort()).toEqual(['1', '100000', '250', '500', '77']);
  }
  await drained(database);
  expect(facts(await verified(database, config))).toMatchObject({ listed: [], excused: {} });
  await line.stop();
});

test('records whose deletion is not followed are left alone', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createLog(database, { publish: 'insert' });
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: TABLES });
  await using line = startLine(config);
  await insertRows(database, 1, 100);
  await drained(database);
  await client.query('DELETE FROM t WHERE id <= 60');
  using index = intruder(server);
  await index.remove('70');
  for (const limits of [{}, { rowsPerWindow: 10 }, { leavesMax: 20 }]) {
    const before = server.journal().arrived.length;
    expect(facts(await verified(database, config, { repairs: true, limits }))).toEqual({
      rows: 40,
      records: 99,
      counts: [1, 0, 0, 1],
      excused: { retained: 60 },
      listed: ['missing 70'],
    });
    expect(writtenAgain(server, before)).toEqual(['70']);
    expect(server.record('t', '5')).toContain('row 5');
    await index.remove('70');
  }
  await line.stop();
});
