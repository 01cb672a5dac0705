import { expect, test } from 'vitest';
import { createDatabase } from '../../support/postgres.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { CAMEL_CASE, FIRST_VERSION, PARTITIONED } from './foreign-tables.ts';
import { runInit } from './init-command.ts';

test.each([FIRST_VERSION, CAMEL_CASE, PARTITIONED])('x', async (sql) => {
  await using database = await createDatabase();
  await using directory = await scratchDirectory();
  await database.client.query(sql);
  const run = await runInit(database, directory.path, ['--dry-run']);
  console.log(run.stdout + run.stderr);
  expect(run.code).toBe(0);
});
