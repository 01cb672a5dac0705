import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TableConfig } from '../../../src/config/schema.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { createSlot, pinOutput, takeSteps } from './slot-changes.ts';

const table: TableConfig = { index: 't', objectID: ['kind', 'id'] };
const tables = { 'public.t': table };

let database: TestDatabase;

beforeEach(async () => {
  database = await createDatabase();
  await pinOutput(database.client);
  await database.client.query('CREATE TABLE t (id int, kind text, note text)');
  await database.client.query('ALTER TABLE t REPLICA IDENTITY FULL');
  await createSlot(database);
});

afterEach(async () => database[Symbol.asyncDispose]());

/** Kind and objectID of each step that the changes of these statements are. */
async function changes(text: string) {
  await database.client.query(text);
  const steps = await takeSteps(database, tables, 10_000);
  return steps.flatMap((step) =>
    'objectID' in step ? [[step.kind, step.objectID, 'place' in step ? step.place : undefined]] : [],
  );
}

test('rows without an objectID are set aside as they come, and leave nothing behind', async () => {
  expect(
    await changes(
      `BEGIN; INSERT INTO t VALUES (1, 'a'), (NULL, 'a'), (1, NULL), (NULL, NULL), (2, 'b'); COMMIT`,
    ),
  ).toEqual([
    ['update', 'a:1', undefined],
    ['unfit', undefined, 1],
    ['unfit', undefined, 2],
    ['unfit', undefined, 3],
    ['update', 'b:2', undefined],
  ]);
  expect(await changes(`UPDATE t SET id = NULL WHERE id = 1 AND kind = 'a'`)).toEqual([
    ['refresh', 'a:1', undefined],
    ['unfit', undefined, 1],
  ]);
  expect(await changes(`UPDATE t SET id = 3, kind = 'c' WHERE id IS NULL AND kind IS NULL`)).toEqual([
    ['update', 'c:3', undefined],
  ]);
  expect(await changes(`UPDATE t SET note = 'x' WHERE id IS NULL`)).toEqual([
    ['unfit', undefined, 1],
    ['unfit', undefined, 2],
  ]);
  expect(await changes('DELETE FROM t WHERE id IS NULL OR kind IS NULL')).toEqual([]);
});

test('their record is kept as SQL would write it, but for the objectID', async () => {
  await database.client.query(`INSERT INTO t VALUES (NULL, 'a', 'é "x"')`);
  const { rows } = await database.client.query(
    `SELECT to_jsonb(t) || '{"source_table": "public.t"}' AS record FROM t`,
  );
  const [step] = await takeSteps(database, tables, 10_000);
  const { wal, ...record } = JSON.parse((step?.kind === 'unfit' && step.record) || '{}');
  expect(record).toEqual(rows[0].record);
  expect(wal).toMatchObject({ lsn: expect.any(String) });
});
