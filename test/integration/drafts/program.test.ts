import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { createRandom } from '../../../src/local/producer/random.ts';
import { drained, released, startIndex } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { listeningUrl, startProgram } from '../../support/program.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { createT, expectLoud } from './transform-case.ts';

const PACKAGE = fileURLToPath(new URL('../../../dist/create-pipeline.js', import.meta.url));
const seed = Number(process.env['WAL2ALGOLIA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const KILLS = 5;

const LOUD_SOURCE = `async (record: MappedRecord, change: Change) => {
  await Promise.resolve(change.operation);
  const { v } = record;
  if (typeof v === 'string' && v.startsWith('skip')) return null;
  return { ...record, loud: v === null ? null : \`\${v}!\` };
}`;

/** The built program, with a configuration in TypeScript whose table has this transform. */
async function programFor(database: TestDatabase, server: AlgoliaServer, apiKey = server.adminKey) {
  const directory = await scratchDirectory();
  onTestFinished(() => directory[Symbol.asyncDispose]());
  const file = join(directory.path, 'wal2algolia.config.ts');
  const configure = (transform: string): Promise<void> =>
    writeFile(
      file,
      `import { type Change, defineConfig, type MappedRecord } from ${JSON.stringify(PACKAGE)};

export default defineConfig({
  postgres: { url: ${JSON.stringify(database.url)} },
  replication: { slot: '${database.slot}', publication: '${database.publication}' },
  algolia: { appId: '${server.appId}', apiKey: '${apiKey}', hosts: ['${server.url}'] },
  http: { port: 0 },
  tables: { 'public.t': { index: 't', transform: ${transform} } },
});
`,
    );
  return { configure, start: (...command: string[]) => startProgram([...command, '--config', file]) };
}

test('a configuration in TypeScript: run, a row that fails, and retry once the function is mended', async () => {
  await using database = await createDatabase();
  await createT(database);
  await using server = await startIndex();
  const { configure, start } = await programFor(database, server);
  await configure(`(record) => {
    const text = record.v as string;
    if (text === 'b') throw new RangeError('cannot bear ' + text);
    return { ...record, loud: text + '!' };
  }`);
  await using run = start('run');
  await database.client.query(`INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')`);
  await drained(database);
  await using list = start('dead-letters', 'list', '--reason', 'transform-failed');
  expect(await list.ended, list.stderr()).toEqual({ code: 0, signal: null });
  expect(list.stdout()).toMatch(
    /public\.t +2 +transform-failed .*transform threw RangeError at wal2algolia\.config\.ts:10:\d+, in/,
  );
  run.kill('SIGTERM');
  expect(await run.ended, run.stderr()).toEqual({ code: 0, signal: null });
  expect(run.stderr()).not.toContain('cannot bear');
  await released(database);
  await configure(LOUD_SOURCE);
  await using retry = start('dead-letters', 'retry', '--all');
  expect(await retry.ended, retry.stderr()).toEqual({ code: 0, signal: null });
  expect(retry.stdout()).toContain('settled: 1');
  await released(database);
  await expectLoud(database, server, 3);
});

test('a key that may not delete is refused at the start, since a row may be skipped', async () => {
  await using database = await createDatabase();
  await createT(database);
  await database.client.query(`ALTER PUBLICATION "${database.publication}" SET (publish = 'insert')`);
  await using server = await startIndex({
    keys: [{ value: 'adding', acl: ['addObject', 'search'], description: '' }],
  });
  const { configure, start } = await programFor(database, server, 'adding');
  await configure('{ apply: (record) => record, isPure: true }');
  await using run = start('run');
  expect(await run.ended).toEqual({ code: 78, signal: null });
  expect(run.stderr()).toContain('lacks the right deleteObject');
});

test(`after ${KILLS} kills under load the index is what the function makes of the table (WAL2ALGOLIA_TEST_SEED=${seed})`, async () => {
  process.stderr.write(`transform: WAL2ALGOLIA_TEST_SEED=${seed}\n`);
  const random = createRandom(seed);
  await using database = await createDatabase();
  await createT(database);
  await using server = await startIndex({ taskDelayMs: 30 });
  const { configure, start } = await programFor(database, server);
  await configure(LOUD_SOURCE);
  const text = () => (random.chance(0.4) ? 'skip' : 'v');
  const change = async (): Promise<void> => {
    const [one, other] = [random.integer(1, 300), random.integer(1, 300)];
    await database.client.query(
      random.pick([
        `INSERT INTO t SELECT g, '${text()}' || g FROM generate_series(${one}, ${one + 20}) g ON CONFLICT (id) DO UPDATE SET v = excluded.v`,
        `UPDATE t SET v = '${text()}' || md5(v) WHERE id BETWEEN ${one} AND ${one + 20}`,
        `UPDATE t SET id = 1000 + id + ${other}, v = '${text()}' WHERE id = ${one} AND NOT EXISTS (SELECT FROM t WHERE id = 1000 + ${one} + ${other})`,
        `DELETE FROM t WHERE id BETWEEN ${one} AND ${one + 5}`,
      ]),
    );
  };
  for (let kill = 0; kill < KILLS; kill++) {
    await using run = start('run');
    // Changes from before would be the more of a backlog the longer it takes to start.
    await listeningUrl(run);
    const before = server.journal().arrived.length;
    const writes = random.integer(1, 6);
    await waitFor(
      async () => {
        await change();
        return server.journal().arrived.length >= before + writes;
      },
      { description: 'some writes to arrive', intervalMs: 1 },
    );
    run.kill('SIGKILL');
    await run.ended;
  }
  await using last = start('run');
  for (let changes = 0; changes < 20; changes++) await change();
  await drained(database);
  last.kill('SIGTERM');
  expect(await last.ended, last.stderr()).toEqual({ code: 0, signal: null });
  await expectLoud(database, server, 20);
});
