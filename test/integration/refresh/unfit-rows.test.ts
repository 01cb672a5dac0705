import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TableConfig } from '../../../src/config/schema.ts';
import { LSN_ZERO } from '../../../src/lsn.ts';
import { isOperation, type Step } from '../../../src/records/operations.ts';
import { refreshSteps } from '../../../src/records/refresh-message.ts';
import type { Refresher } from '../../../src/refresh/refresher.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { createSlot, pinOutput, takeSteps } from '../records/slot-changes.ts';
import { openRefresher } from './refresher-case.ts';

const table: TableConfig = { index: 't', objectID: ['id'] };
const tables = { 'public.t': table };
const recordBytesMax = 10_000;
const LARGE = `(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 400) n)`;

let database: TestDatabase;
let refresher: Refresher;

beforeEach(async () => {
  database = await createDatabase();
  const { client } = database;
  await pinOutput(client);
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, title text, body text);
    ALTER TABLE t ALTER body SET STORAGE EXTERNAL`);
  await createSlot(database);
  refresher = await openRefresher(database, tables, recordBytesMax);
});

afterEach(async () => {
  await refresher.close();
  await database[Symbol.asyncDispose]();
});

const sql = (text: string) => database.client.query(text);
const taken = () => takeSteps(database, tables, recordBytesMax);
const kinds = (steps: readonly Step[]) => steps.map(({ kind }) => kind).filter((kind) => kind !== 'position');

function bodies(steps: readonly Step[]): readonly unknown[] {
  return steps
    .filter((step) => isOperation(step))
    .map(({ bytes, start, end }) => {
      const { wal: _, ...mapped } = JSON.parse(bytes.toString('utf8', start, end)).body;
      return mapped;
    });
}

/** What the changes of these statements are in the end. */
async function resolved(text: string): Promise<readonly Step[]> {
  await sql(text);
  return refresher.resolve(await taken());
}

const whole = (title: string, body: string) => ({
  objectID: '1',
  id: 1,
  title,
  body,
  source_table: 'public.t',
});

test('a row whose large value made it no record, updated without that value: set aside again, whole once it fits', async () => {
  await resolved(`INSERT INTO t VALUES (1, 'first', 'small')`);
  expect(kinds(await resolved(`UPDATE t SET body = ${LARGE}`))).toEqual(['unfit']);
  await sql(`UPDATE t SET title = 'second'`);
  const changes = await taken();
  expect(kinds(changes)).toEqual(['refresh']);
  const [refresh] = changes;
  const again = await refresher.resolve(changes);
  expect(again[0]).toMatchObject({
    kind: 'unfit',
    objectID: '1',
    problem: 'too-large',
    transaction: refresh?.kind === 'refresh' && refresh.transaction,
    message: expect.stringContaining('"body" more than 10000, "title" 6,'),
  });
  expect(kinds(again)).toEqual(['unfit']);
  expect(bodies(await resolved(`UPDATE t SET body = 'small again'`))).toEqual([
    whole('second', 'small again'),
  ]);
});

test('it becomes whole as well when it fits by the time it is read', async () => {
  await resolved(`INSERT INTO t VALUES (1, 'first', 'small'); UPDATE t SET body = ${LARGE}`);
  await sql(`UPDATE t SET title = 'second'`);
  const changes = await taken();
  await sql(`UPDATE t SET body = 'small again'`);
  expect(bodies(await refresher.resolve(changes))).toEqual([whole('second', 'small again')]);
});

test('in one batch, in both orders, the row that cannot be a record is told of each time', async () => {
  await resolved(`INSERT INTO t VALUES (1, 'first', ${LARGE})`);
  const before = await resolved(`UPDATE t SET title = 'a'; UPDATE t SET body = body || 'x'`);
  expect(kinds(before)).toEqual(['unfit', 'unfit']);
  const behind = await resolved(`UPDATE t SET body = body || 'y'; UPDATE t SET title = 'b'`);
  expect(kinds(behind)).toEqual(['unfit', 'unfit']);
  const fits = await resolved(
    `UPDATE t SET title = 'c'; UPDATE t SET body = body || 'z'; UPDATE t SET body = 'small'; UPDATE t SET title = 'd'`,
  );
  expect(bodies(fits).at(-1)).toEqual(whole('d', 'small'));
});

test('a record that goes while a row that cannot be one takes its objectID is gone', async () => {
  await sql('ALTER TABLE t REPLICA IDENTITY FULL');
  await resolved(`INSERT INTO t VALUES (1, 'first', 'small')`);
  const steps = await resolved(`DELETE FROM t; INSERT INTO t VALUES (1, 'other', ${LARGE})`);
  expect(kinds(steps)).toEqual(['delete', 'unfit', 'unfit']);
});

test('somebody asks for it: it is told of, in no transaction', async () => {
  await resolved(`INSERT INTO t VALUES (1, 'first', ${LARGE}), (2, 'other', 'small')`);
  const asked = ['1', '2', '3'].map((objectID) => ({ table: 'public.t', objectID }));
  const steps = await refresher.resolve(refreshSteps(asked, tables, recordBytesMax));
  expect(steps).toMatchObject([
    { kind: 'unfit', objectID: '1', transaction: { lsn: LSN_ZERO } },
    { kind: 'update', objectID: '2' },
    { kind: 'delete', objectID: '3' },
  ]);
});
