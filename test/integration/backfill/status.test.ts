import { expect, onTestFinished, test } from 'vitest';
import { runCli } from '../../../src/cli/program.ts';
import { lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { commandFor } from '../cli/dead-letter-case.ts';
import { backfill, follow, states } from './backfill-case.ts';

test('status tells of backfills that are under way, and of those that were ended, until they are done', async () => {
  await using database = await createDatabase();
  await database.client.query(`CREATE TABLE t (id int PRIMARY KEY, v text);
    INSERT INTO t SELECT i, 'v' FROM generate_series(1, 5000) i`);
  await follow(database, 't');
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: { 'public.t': { index: 't' } } });
  await using command = await commandFor(database, server);
  const status = async (...more: string[]): Promise<string> => {
    const said: string[] = [];
    const stdout = { write: (text: string) => said.push(text) };
    const signal = new AbortController().signal;
    const args = ['status', '--config', command.file, ...more];
    expect(await runCli(args, { stdout, stderr: stdout, signal, environment: {} })).toBe(0);
    return said.join('');
  };
  expect(await status()).not.toContain('backfill');
  // Nobody holds the slot, so it waits.
  const ending = new AbortController();
  const scope = { where: `v <> 'x'` };
  const first = backfill(database, config, {
    table: 'public.t',
    scope,
    signal: ending.signal,
    onProgress: ({ rows }) => void (rows > 0 && ending.abort()),
  });
  first.catch(() => undefined);
  await waitFor(async () => (await states(database)).length > 0, { description: 'it to have begun' });
  expect(await status()).toMatch(/^backfill +public\.t, a part of it: 0 rows, as of \d{4}-.*Z, under way$/m);
  const line = startLine(config);
  onTestFinished(() => line[Symbol.asyncDispose]());
  await expect(first).rejects.toMatchObject({ exitCode: 75 });
  expect(await status()).toMatch(/a part of it: [\d,]+ rows, .*ended before it was done; the same command/);
  const { backfills } = JSON.parse(await status('--json'));
  expect(backfills).toMatchObject([{ table: 'public.t', isWhole: false, isUnderWay: false }]);
  expect(JSON.stringify(backfills)).not.toContain(`'x'`);
  await backfill(database, config, { table: 'public.t', scope });
  expect(await status()).not.toContain('backfill');
  await line.stop();
});
