import { expect, onTestFinished, test, vi } from 'vitest';
import { RowReader } from '../../../src/database/rows/row-reader.ts';
import { loadTypeCatalog } from '../../../src/database/type-catalog.ts';
import { requestBytes, type Step } from '../../../src/records/operations.ts';
import { refreshSteps } from '../../../src/records/refresh-message.ts';
import { DeliveredTransactions } from '../../../src/refresh/delivered.ts';
import { Refresher } from '../../../src/refresh/refresher.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, serverMajor, type TestDatabase } from '../../support/postgres.ts';
import { ask, createSlot, tables } from './refresh-case.ts';

const expected = `SELECT id::text AS object_id,
    to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t') AS record FROM t`;
const ids = (count: number) => Array.from({ length: count }, (_, at) => String(at + 1));

/** Small rows first, so that many are read at once by the time that the large ones come. */
async function create({ client, publication }: TestDatabase): Promise<void> {
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, note text);
    INSERT INTO t SELECT n, 'é ' || n FROM generate_series(1, 2000) n;
    INSERT INTO t SELECT n, repeat(chr(233), 4000) || n FROM generate_series(2001, 2200) n;
    INSERT INTO t SELECT n, NULL FROM generate_series(2201, 2300) n;
    CREATE PUBLICATION "${publication}" FOR TABLE t`);
}

/** What each call resolves until nothing is left. */
async function parts(database: TestDatabase, bytesMax: number): Promise<readonly (readonly Step[])[]> {
  const { client, url, publication } = database;
  const { rows } = await client.query(`SELECT 't'::regclass::oid::int8::float8 AS oid`);
  const refresher = new Refresher({
    url,
    slot: 's',
    serverVersion: serverMajor() * 10_000,
    publications: [publication],
    bindings: new Map([[rows[0].oid, 'public.t']]),
    delivered: new DeliveredTransactions(),
    tables,
    types: await loadTypeCatalog(client),
    recordBytesMax: 10_000,
    bytesMax,
  });
  onTestFinished(() => refresher.close());
  const asked = ids(2_400).map((objectID) => ({ table: 'public.t', objectID }));
  const all: (readonly Step[])[] = [];
  for (let left: readonly Step[] = refreshSteps(asked, tables, 10_000); left.length > 0; ) {
    const line = await refresher.resolve(left);
    const end = line.findIndex(({ kind }) => kind === 'refresh');
    all.push(end === -1 ? line : line.slice(0, end));
    left = end === -1 ? [] : line.slice(end);
    if (all.length > 2_400) throw new Error('it makes no progress');
  }
  return all;
}

test('rows of which nobody knows how large they are come in their order, in parts that are no larger than they may be', async () => {
  await using database = await createDatabase();
  await create(database);
  const read = vi.spyOn(RowReader.prototype, 'read');
  onTestFinished(() => read.mockRestore());
  const some = await parts(database, 200_000);
  const results = await Promise.all(read.mock.results.map(({ value }) => value));
  const objectIDs = some.flat().map((step) => 'objectID' in step && step.objectID);
  expect(objectIDs).toEqual(ids(2_400));
  for (const part of some) {
    expect(part.reduce((bytes, step) => bytes + requestBytes(step), 0)).toBeLessThanOrEqual(200_000);
  }
  for (const result of results.filter((each) => each !== 'overflowing'))
    expect(JSON.stringify(result.rows).length).toBeLessThan(300_000);
  expect(results).toContain('overflowing');
  expect(some.length).toBeLessThan(20);
  expect(results.length).toBeLessThan(60);
});

test('a row that is larger than all that may be read at once is read alone', async () => {
  await using database = await createDatabase();
  await create(database);
  const some = await parts(database, 1_000);
  expect(some.flat().map((step) => 'objectID' in step && step.objectID)).toEqual(ids(2_400));
});

test('thousands of rows, some of them large, are all in the index, and a change behind them is what stays', async () => {
  await using database = await createDatabase();
  await create(database);
  await createSlot(database);
  await ask(database, ids(2_400));
  await database.client.query(
    `UPDATE t SET note = 'changed' WHERE id % 7 = 0; DELETE FROM t WHERE id % 11 = 0`,
  );
  await using server = await startIndex({ recordBytesMax: 10_000 });
  await using _line = startLine(lineConfig(database, server, { tables, batch: { bytesMax: 200_000 } }));
  await drained(database);
  expectEqual(await compareIndex(database.client, server, 't', expected), 2_091);
});
