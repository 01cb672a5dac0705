import { expect, test } from 'vitest';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, startIndex } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { FOREIGN, makePseudonyms, programIn, timeSql } from './foreign-case.ts';

test.each(FOREIGN)('$name: init, setup and run, without a word in between', async (foreign) => {
  await using database = await createDatabase();
  await using server = await startIndex();
  await using directory = await scratchDirectory();
  const { client, name } = database;
  await client.query(foreign.sql);
  await client.query(`ALTER DATABASE ${name} SET timezone = 'Europe/Berlin'`);
  const { start, finished } = programIn(directory.path, database, server);

  expect(await finished('init')).toContain('wrote wal2algolia.config.mjs');
  const dry = await finished('setup', '--dry-run', '--json');
  expect(JSON.parse(dry).indexes[0].index).toBe(foreign.index);
  await finished('setup');
  expect(JSON.parse(await finished('setup', '--json'))).toMatchObject({
    statements: [],
    indexes: [{ changes: [] }],
  });

  await using program = start('run');
  await client.query(foreign.rows);
  await drained(database);
  await client.query('SET TimeZone = UTC');
  await makePseudonyms(database, foreign.people);
  expectEqual(await compareIndex(client, server, foreign.index, foreign.expected), foreign.rowsExpected);
  const { rows } = await client.query<{ text: string }>('SELECT record::text AS text FROM indexed');
  for (const { text } of rows) expect(text).not.toMatch(/s3cr3t|example\.org|11111111-|22222222-/);
  program.kill('SIGTERM');
  expect(await program.ended, program.stderr()).toEqual({ code: 0, signal: null });
});

test('two tables of one database, one of them with an odd name, from a file in JSON', async () => {
  await using database = await createDatabase();
  await using server = await startIndex();
  await using directory = await scratchDirectory();
  const { client } = database;
  await client.query(`CREATE TABLE "Audit ""Log"" ☃" (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "when" timestamptz DEFAULT now(), "Status ☃" text);
    CREATE SCHEMA app; CREATE TABLE app.history (n int PRIMARY KEY, status text, updated_at timestamptz)`);
  const { start, finished } = programIn(directory.path, database, server);
  const file = ['--config', 'own.json'];
  const named = ['--table', 'public.Audit "Log" ☃', '--table', 'app.history'];
  await finished('init', ...named, '--output', 'own.json');
  await finished('setup', ...file);
  await using program = start('run', ...file);
  await client.query(`INSERT INTO "Audit ""Log"" ☃" ("Status ☃") VALUES ('ok'); INSERT INTO app.history VALUES (1, 'a', now()), (2, 'b', NULL);
    UPDATE app.history SET status = 'c' WHERE n = 1; DELETE FROM app.history WHERE n = 2`);
  await drained(database);
  expectEqual(
    await compareIndex(
      client,
      server,
      'audit_log',
      `SELECT id::text AS object_id, jsonb_build_object('objectID', id::text, 'id', id, 'outcome', "Status ☃", 'source_table', 'public.Audit "Log" ☃', ${timeSql('"when"')}) AS record
       FROM "Audit ""Log"" ☃"`,
    ),
  );
  expectEqual(
    await compareIndex(
      client,
      server,
      'history',
      `SELECT n::text AS object_id, jsonb_build_object('objectID', n::text, 'seq', n, 'outcome', status, 'source_table', 'app.history', ${timeSql('updated_at')}) AS record
       FROM app.history`,
    ),
  );
  program.kill('SIGTERM');
  expect(await program.ended, program.stderr()).toEqual({ code: 0, signal: null });
});
