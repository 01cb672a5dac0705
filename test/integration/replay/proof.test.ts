import { expect, test } from 'vitest';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained } from '../../support/line.ts';
import { holder, recordsSql, replayCase } from './replay-case.ts';

/** Ten thousand changes in many transactions, of every kind. */
async function change(sql: (text: string) => Promise<unknown>): Promise<void> {
  for (let first = 1_001; first <= 9_001; first += 500) {
    await sql(
      `INSERT INTO t SELECT i, 'actor ' || i % 7, 'row ' || i FROM generate_series(${first}, ${first} + 499) i`,
    );
  }
  await sql(`UPDATE t SET v = 'first ' || id WHERE id BETWEEN 1001 AND 1500`);
  await sql(`UPDATE t SET v = 'again, ünïcödé 🚀 ' || id, actor_id = NULL WHERE id BETWEEN 1001 AND 1500`);
  await sql(`UPDATE t SET v = 'old row, changed ' || id WHERE id BETWEEN 1 AND 300`);
  await sql('DELETE FROM t WHERE id BETWEEN 301 AND 400');
  await sql('UPDATE t SET id = id + 100000 WHERE id BETWEEN 401 AND 450');
  await sql(`INSERT INTO t VALUES (301, 'somebody', 'back again')`);
}
const TOUCHED = 'id NOT BETWEEN 451 AND 1000';

test('what came after a bookmark comes back, whole, twice, and in another index, while the pipeline streams', async () => {
  await using it = await replayCase();
  const { database, server, sql } = it;
  const line = it.startLine();
  await sql(`INSERT INTO t SELECT i, 'actor', 'row ' || i FROM generate_series(1, 1000) i`);
  await it.bookmark();
  await change(sql);
  await drained(database);
  const pid = await holder(database);
  const bookmark = (await it.slots()).find(({ slot_name }) => slot_name !== database.slot);
  const expected = recordsSql(TOUCHED);
  const rowsMin = 8_851;

  for (const round of [1, 2]) {
    await it.clear();
    const done = await it.replay('--json');
    expect(done.code, done.stderr).toBe(0);
    expect(done.json, `round ${round}`).toMatchObject({ records: 9_000, transactions: 23, truncated: [] });
    expectEqual(await compareIndex(database.client, server, 't', expected), rowsMin);
  }

  await it.clear();
  const into = await it.replay('--into', 'other', '--json');
  expect(into.code, into.stderr).toBe(0);
  expect(into.json).toMatchObject({ into: 'other', notIndexed: [] });
  expectEqual(await compareIndex(database.client, server, 'other', expected), rowsMin);
  // The index of the configuration is none of its business.
  expect(await it.records('t')).toEqual({});

  expect(await holder(database)).toBe(pid);
  expect(line.status()).toMatchObject({ state: 'streaming', records: { deadLetters: 0 } });
  const slots = await it.slots();
  expect(slots).toHaveLength(2);
  expect(slots).toContainEqual(bookmark);
  await sql(`INSERT INTO t VALUES (5000000, 'a', 'after')`);
  await drained(database);
  expect(Object.keys(await it.records('t'))).toEqual(['5000000']);
  expectEqual(
    await compareIndex(database.client, server, 'other', recordsSql(`${TOUCHED} AND id < 5000000`)),
    rowsMin,
  );
});
