import { expect, onTestFinished, test } from 'vitest';
import { runCli } from '../../../src/cli/program.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, type Line, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { backfill, follow, slotPassed, states, wholeRows } from '../backfill/backfill-case.ts';
import { commandFor } from '../cli/dead-letter-case.ts';

const T = 'public.t';
const TABLES = { [T]: { index: 't', objectID: ['id'] } };
const ROWS = 300;

/** Rows from before the slot, and a command that may read them. */
async function scene() {
  const database = await createDatabase();
  onTestFinished(() => database[Symbol.asyncDispose]());
  const { client, name, slot, publication } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE u (LIKE t INCLUDING ALL);
    INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, ${ROWS}) i`);
  await follow(database, 't');
  await client.query(`CREATE PUBLICATION "${publication} of u" FOR TABLE u`);
  const server = await startIndex();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const role = `${name}_run`;
  await client.query(`CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'p'; GRANT USAGE ON SCHEMA wal2algolia TO ${role};
    GRANT ALL ON ALL TABLES IN SCHEMA wal2algolia TO ${role}`);
  onTestFinished(async () => void (await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)));
  const url = new URL(database.url);
  url.username = role;
  url.password = 'p';
  const config = lineConfig(database, server, { tables: TABLES });
  const start = (more: Partial<ConfigInput>): Line => {
    const line = startLine({ ...config, ...more });
    onTestFinished(() => line[Symbol.asyncDispose]());
    return line;
  };
  const command = await commandFor(database, server, { tables: TABLES });
  onTestFinished(() => command[Symbol.asyncDispose]());
  const cli = async (...args: string[]) => {
    let said = '';
    const code = await runCli([...args, '--config', command.file], {
      stdout: { write: (text) => (said += text) },
      stderr: { write: (text) => (said += text) },
      signal: new AbortController().signal,
      environment: {},
    });
    return { code, said };
  };
  return {
    database,
    server,
    config,
    cli,
    grant: () => client.query(`GRANT SELECT ON t TO ${role}`),
    startForbidden: () => start({ postgres: { url: url.href } }),
    startOther: (tables: ConfigInput['tables'], published = publication) =>
      start({ tables, replication: { slot, publication: published } }),
  };
}

const FORBIDDEN = 'its role may not read them';

test('a backfill beside a pipeline that may not read the rows is not done, and goes on once it may', async () => {
  const { database, server, cli, grant, startForbidden } = await scene();
  startForbidden();
  const ended = await cli('backfill');
  expect(ended, ended.said).toMatchObject({ code: 78, said: expect.stringContaining(FORBIDDEN) });
  expect(ended.said).toContain('wal2algolia setup');
  expect(ended.said).not.toContain('done');
  expect(await states(database)).toMatchObject([{ rows_done: 0, finished: false }]);
  await grant();
  expect(await cli('backfill')).toMatchObject({ code: 0 });
  await drained(database);
  expectEqual(await compareIndex(database.client, server, 't', wholeRows('t')), ROWS);
});

test('so it is where the right is there again by the time that it ends', async () => {
  const { database, config, grant, startForbidden } = await scene();
  startForbidden();
  const passed = slotPassed(database);
  const done = backfill(database, config, {
    table: T,
    passed: async (target) => {
      await passed(target);
      await grant();
    },
  });
  await expect(done).rejects.toMatchObject({ exitCode: 78, message: expect.stringContaining(FORBIDDEN) });
  expect(await states(database)).toMatchObject([{ rows_done: 0, finished: false }]);
});

test('a replay of rows that the pipeline may not read is not done, and a comparison is not repaired', async () => {
  const { database, cli, grant, startForbidden } = await scene();
  const line = startForbidden();
  await drained(database);
  expect(await cli('bookmark', 'create', 'b')).toMatchObject({ code: 0 });
  await database.client.query(`UPDATE t SET v = 'new' WHERE id <= 10`);
  const replayed = await cli('replay', '--from', 'b');
  expect(replayed, replayed.said).toMatchObject({ code: 78, said: expect.stringContaining(FORBIDDEN) });
  const verified = await cli('verify', '--repair');
  expect(verified, verified.said).toMatchObject({
    code: 65,
    said: expect.stringContaining('they still differ'),
  });
  await grant();
  expect(await cli('replay', '--from', 'b')).toMatchObject({ code: 0 });
  expect(await cli('verify', '--repair')).toMatchObject({ code: 0 });
  await line.stop();
});

test.each([
  ['has other objectIDs', { [T]: { index: 't', objectID: ['id'], objectIDPrefix: 't-' } }, '', 'not all of'],
  ['does not know the table', { 'public.u': { index: 'u' } }, ' of u', 'not configured'],
])('a replay beside a pipeline that %s is not done', async (_, tables, published, words) => {
  const { database, cli, startOther } = await scene();
  expect(await cli('bookmark', 'create', 'b')).toMatchObject({ code: 0 });
  await database.client.query(`UPDATE t SET v = 'new' WHERE id <= 10`);
  const line = startOther(tables, `${database.publication}${published}`);
  await waitFor(() => line.status().state === 'streaming', { description: 'the session' });
  const { code, said } = await cli('replay', '--from', 'b');
  expect(code, said).toBe(78);
  expect(said).toContain(words);
  await line.stop();
});

test('what others ask of other tables, and what is no request at all, ends nothing', async () => {
  const { database, config, startOther } = await scene();
  startOther(TABLES);
  const passed = slotPassed(database);
  let isAsked = false;
  const done = backfill(database, config, {
    table: T,
    passed: async (target) => {
      if (!isAsked)
        for (const content of [
          'no JSON',
          '{"refresh": {"table": "public.u", "objectIDs": ["1"]}}',
          `{"refresh": {"table": "${'t'.repeat(5_000)}", "objectIDs": ["1"]}}`,
        ])
          await database.client.query(`SELECT pg_logical_emit_message(true, 'wal2algolia', $1)`, [content]);
      isAsked = true;
      await passed(target);
      await drained(database);
    },
  });
  expect(await done).toMatchObject({ rows: ROWS });
});
