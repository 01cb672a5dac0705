import { expect, test } from 'vitest';
import { lineConfig, released, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { commandFor } from '../cli/dead-letter-case.ts';
import { ask } from '../refresh/refresh-case.ts';
import {
  ACTOR,
  createLog,
  erased,
  expectAll,
  expectErased,
  insertRows,
  TABLES,
  traces,
} from './erasure-case.ts';

test('erased beside a running pipeline: gone, and stays gone, refreshed and written anew', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  const logged: string[] = [];
  const config = lineConfig(database, server, { tables: TABLES });
  const onLog = (line: string): void => void logged.push(line);
  await using command = await commandFor(database, server, { tables: TABLES });
  {
    await using line = startLine(config, { onLog });
    await insertRows(database, 1, 2_500);
    await expectAll(database, server);
    const { rows: before } = await database.client.query('SELECT * FROM t ORDER BY id');
    const done = await command.end('erase', 'actor', ACTOR, '--yes', '--json');
    expect(done.code, done.stderr).toBe(0);
    expect(done.json).toMatchObject({ records: 833, deadLetters: 0, tables: ['public.t'] });
    await expectErased(database, server, 1_667);
    // Postgres keeps its rows.
    expect((await database.client.query('SELECT * FROM t ORDER BY id')).rows).toEqual(before);
    await insertRows(database, 3_000, 30);
    await ask(database, ['3', '6', '3000', '1']);
    await database.client.query(`UPDATE t SET v = 'changed' WHERE id BETWEEN 1 AND 12`);
    await database.client.query(`UPDATE t SET actor_id = $1 WHERE id = 1`, [ACTOR]);
    await database.client.query(`UPDATE t SET actor_id = 'somebody else' WHERE id = 9`);
    await expectErased(database, server, 1_680);
    await line.stop();
  }
  // The list is read before the first row that waited becomes a record.
  await released(database);
  await insertRows(database, 5_000, 300);
  await using _line = startLine(config, { onLog });
  await expectErased(database, server, 1_880);
  const [trace, ...more] = await traces(database);
  expect(more).toEqual([]);
  expect(JSON.stringify(trace)).not.toContain(ACTOR);
  expect(logged.join('\n')).not.toContain(ACTOR);
});

test('rows that were written and not confirmed before the erasure are delivered again, and stay out', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: TABLES, shutdownMs: 300 });
  server.faults.add({ kind: 'refuse', status: 503, path: '/task/', times: 10_000 });
  {
    await using _line = startLine(config);
    await insertRows(database, 1, 300);
    await waitFor(() => server.record('t', '300'), { description: 'the rows to be written' });
  }
  await released(database);
  server.faults.clear();
  await using command = await commandFor(database, server, { tables: TABLES });
  const done = await command.end('erase', 'actor', ACTOR, '--yes', '--json');
  expect(done.code, done.stderr).toBe(0);
  // Other databases write WAL as well, which somebody has to pass.
  await using _line = startLine(lineConfig(database, server, { tables: TABLES }));
  await expectErased(database, server, 200);
});

test('erased without a running pipeline: the command takes the slot, and gives it back', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  {
    await using _line = startLine(lineConfig(database, server, { tables: TABLES }));
    await insertRows(database, 1, 300);
    await expectAll(database, server);
  }
  await released(database);
  await insertRows(database, 1_000, 300);
  await using command = await commandFor(database, server, { tables: TABLES });
  const done = await command.end('erase', 'actor', ACTOR, '--yes');
  expect(done.code, done.stderr).toBe(0);
  expect(done.stdout).toMatch(/^records removed +100$/m);
  expect(done.stdout + done.stderr).not.toContain(ACTOR);
  await released(database);
  // Other databases write WAL as well, which somebody has to pass.
  await using _line = startLine(lineConfig(database, server, { tables: TABLES }));
  await expectErased(database, server, 400);
  const listed = await command.end('erase', 'list', '--json');
  expect(listed.json).toMatchObject({ erasures: [{ records: 100, tables: ['public.t'] }] });
});

test('without --yes, and of nobody, nothing is done', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  await using command = await commandFor(database, server, { tables: TABLES });
  expect((await command.end('erase', 'actor', ACTOR)).code).toBe(64);
  expect((await command.end('erase', 'actor', '', '--yes')).code).toBe(64);
  expect(await traces(database)).toEqual([]);
});

test('an erasure that a killed pipeline left unfinished is taken up by the next', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  await using command = await commandFor(database, server, { tables: TABLES, http: { port: 0 } });
  {
    await using program = command.start('run');
    await insertRows(database, 1, 3_000);
    await expectAll(database, server);
    await waitFor(() => /streaming/.test(program.stderr()), { description: 'it to stream' });
    // Requests stay without an answer in the middle of the sweep, from its third one on: the second removes some of the records.
    server.faults.add({ kind: 'lost', closeAfterMs: 20_000, path: '/batch', skip: 2, times: 1_000 });
    const asked = await command.end('erase', 'actor', ACTOR, '--yes', '--no-wait');
    expect(asked.code, asked.stderr).toBe(0);
    await waitFor(async () => Number((await traces(database))[0]?.records) > 0, {
      description: 'some records to be gone',
    });
    program.kill('SIGKILL');
    await program.ended;
  }
  server.faults.clear();
  expect((await traces(database))[0]?.finished_at).toBeNull();
  await using _program = command.start('run');
  await erased(database);
  await expectErased(database, server, 2_000);
});

test('an erase command that is killed has asked for all of it or for nothing', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  await using _line = startLine(lineConfig(database, server, { tables: TABLES }));
  await insertRows(database, 1, 300);
  await expectAll(database, server);
  server.faults.add({ kind: 'slow', firstByteMs: 500, path: '/browse', times: 1 });
  await using command = await commandFor(database, server, { tables: TABLES });
  await using program = command.start('erase', 'actor', ACTOR, '--yes');
  await waitFor(async () => (await traces(database)).length > 0, { description: 'it to have asked' });
  program.kill('SIGKILL');
  await erased(database);
  await expectErased(database, server, 200);
});
