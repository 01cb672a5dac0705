import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { type Comparison, compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, released, startIndex } from '../../support/line.ts';
import { type Plant, plant } from '../../support/planted-program.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { startProgram } from '../../support/program.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { ask, createSlot } from './refresh-case.ts';

/** What makes the batch too large for one part, behind the request for row 1 and before its change. */
const fillings = {
  'rows that are read': (database: TestDatabase) => ask(database, ['2', '3', '4', '5', '6', '7', '8', '9']),
  'records that grow': ({ client }: TestDatabase) =>
    client.query(`INSERT INTO grown SELECT n, 'v' || n FROM generate_series(1, 60) n`),
};
type Filling = keyof typeof fillings;
/** So many are in the batch. */
const sizes: Readonly<Record<Filling, number>> = { 'rows that are read': 10, 'records that grow': 62 };

const records = `SELECT id::text AS object_id,
    to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t') AS record FROM t`;
const expected: Readonly<Record<Filling, string>> = {
  'rows that are read': records,
  'records that grow': `${records} WHERE id = 1`,
};

/** Rows from before the slot, of which one is asked for; in the same batch it is changed, behind what fills the first part. */
async function createBacklog(database: TestDatabase, filling: Filling): Promise<void> {
  const { client, publication } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE grown (LIKE t INCLUDING ALL);
    INSERT INTO t SELECT n, repeat('x', 8000) FROM generate_series(2, 9) n; INSERT INTO t VALUES (1, 'first');
    CREATE PUBLICATION "${publication}" FOR TABLE t, grown`);
  await createSlot(database);
  await ask(database, ['1']);
  await fillings[filling](database);
  await client.query(`UPDATE t SET v = 'second' WHERE id = 1`);
}

/** `operations` are those of the table t that are followed; `batch` is what a batch waits for. */
async function configure(
  database: TestDatabase,
  server: AlgoliaServer,
  operations: readonly string[],
  batch: { readonly recordsMax?: number; readonly lingerMs?: number } = {},
): Promise<string> {
  const directory = await scratchDirectory();
  onTestFinished(() => directory[Symbol.asyncDispose]());
  const config = lineConfig(database, server, {
    algolia: { confirmAfter: 'accepted', recordBytesMax: 100_000 },
    batch: { bytesMax: 20_000, ...batch },
    http: { port: 0 },
  });
  const grown = `{ index: 'grown', transform: (record) => ({ ...record, more: 'x'.repeat(2_000) }) }`;
  const tables = `{ 'public.t': { index: 't', operations: ${JSON.stringify(operations)} }, 'public.grown': ${grown} }`;
  const file = join(directory.path, 'wal2algolia.config.mjs');
  await writeFile(file, `export default { ...${JSON.stringify(config)}, tables: ${tables} };`);
  return file;
}

/** Where the slot was when the program was killed: in front of the request, or behind it. */
type Killed = { readonly isPassed: boolean; readonly comparison: Comparison };

/** Killed between the parts, and started again by somebody who follows updates no more: what brings the row then is the request alone. */
async function killed(filling: Filling, main?: string): Promise<Killed> {
  await using database = await createDatabase();
  await createBacklog(database, filling);
  await using server = await startIndex({ recordBytesMax: 100_000 });
  server.faults.add({ kind: 'refuse', status: 503, path: '/batch', skip: 1, times: 1_000 });
  const whole = { recordsMax: sizes[filling], lingerMs: 60_000 };
  const all = await configure(database, server, ['insert', 'update', 'delete', 'truncate'], whole);
  await using first = startProgram(['run', '--config', all], main === undefined ? {} : { main });
  await waitFor(() => server.faults.met >= 3, {
    description: 'the second part to be refused again and again',
  });
  first.kill('SIGKILL');
  await first.ended;
  await released(database);
  // Part of it is there, and what was asked for is not.
  expect(server.journal().applied).toHaveLength(1);
  expect(server.record('t', '1')).toBeUndefined();
  const { rows } = await database.client.query(
    `SELECT NOT EXISTS (
       SELECT FROM pg_logical_slot_peek_binary_changes($1, NULL, NULL, 'proto_version', '1', 'publication_names', $2, 'messages', 'true')
       WHERE substr(data, 1, 1) = 'M' AND position('["1"]' IN encode(data, 'escape')) > 0) AS passed`,
    [database.slot, database.publication],
  );
  server.faults.clear();
  const inserts = await configure(database, server, ['insert']);
  await using _second = startProgram(['run', '--config', inserts]);
  await drained(database);
  const comparison = await compareIndex(database.client, server, 't', expected[filling]);
  return { isPassed: rows[0].passed, comparison };
}

test.each(Object.keys(fillings) as Filling[])(
  'a batch is written in parts because of %s, and the program is killed between them: what was asked for is asked for still',
  async (filling) => {
    const { isPassed, comparison } = await killed(filling);
    expect(isPassed).toBe(false);
    expectEqual(comparison);
  },
);

const plants: Readonly<Record<Filling, Plant>> = {
  'rows that are read': {
    file: 'pipeline.js',
    find: 'partsBeforeRefresh(await refresher.resolve(some))',
    replace: `((line) => {
      const at = line.findIndex(({ kind }) => kind === 'refresh');
      return at === -1 ? { part: line, rest: [] } : { part: line.slice(0, at), rest: line.slice(at) };
    })(await refresher.resolve(some))`,
  },
  'records that grow': {
    file: 'pipeline.js',
    find: 'partsOf(await finisher.finish(some))',
    replace: '(({ ready, rest }) => ({ part: ready, rest }))(await finisher.finish(some))',
  },
};

test.each(Object.entries(plants) as [Filling, Plant][])(
  'planted and lost: the first part, of %s, takes its positions along',
  async (filling, defect) => {
    await using planted = await plant(defect);
    const { isPassed, comparison } = await killed(filling, planted.program);
    expect(isPassed).toBe(true);
    expect(comparison.missing).toEqual(['1']);
  },
);
