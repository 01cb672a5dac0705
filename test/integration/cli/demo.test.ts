import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { waitUntilNoProcessAt } from '../../support/process-search.ts';
import { startProgram } from '../../support/program.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

const env = { LOG_LEVEL: 'warn', WAL2ALGOLIA_HTTP_PORT: '0' };

/** Holds a port; whoever else has it now may let go of it in the middle of the test. */
async function take(port: number): Promise<Server> {
  return waitFor(
    async () => {
      const server = createServer();
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      return server;
    },
    { description: `port ${port} to be free` },
  );
}

test('twice on one directory, with the usual ports taken: table and index agree, the second time with the rows of the first', async () => {
  await using directory = await scratchDirectory();
  const held = await Promise.all([take(7700), take(8080)]);
  try {
    let before = 0;
    for (const run of ['first', 'second']) {
      const args = ['demo', '--duration', '2', '--rate', '50', '--data-dir', `${directory.path}/demo`];
      await using program = startProgram(args, { env: { LOG_LEVEL: 'warn' } });
      expect(await program.ended, run + program.stderr()).toEqual({ code: 0, signal: null });
      const text = program.stdout();
      expect(text).toMatch(/port 7700 is taken/);
      expect(text).toMatch(/port 8080 is taken/);
      expect(text).toMatch(/They agree/);
      const [, rows, records] =
        /Table: (\d+) rows\. Index: (\d+) records/.exec(text.replaceAll(',', '')) ?? [];
      expect(rows).toBe(records);
      expect(Number(rows)).toBeGreaterThan(before);
      before = Number(rows);
      await waitUntilNoProcessAt(directory.path);
    }
  } finally {
    for (const server of held) server.close();
  }
});

test.each([
  ['while it starts', 'SIGTERM', /Starting Postgres/],
  ['once the places are known', 'SIGINT', /pipeline +http/],
  ['in the middle', 'SIGTERM', /First record found/],
] as const)('a signal %s (%s) ends it and leaves nothing running', async (_when, signal, moment) => {
  await using directory = await scratchDirectory();
  await using program = startProgram(['demo', '--data-dir', `${directory.path}/demo`], { env });
  await waitFor(() => moment.test(program.stdout()), { description: String(moment) });
  program.kill(signal);
  expect(await program.ended, program.stderr()).toEqual({ code: 0, signal: null });
  await waitUntilNoProcessAt(directory.path);
});

test('killed without a chance to clean up, it leaves no Postgres behind', async () => {
  await using directory = await scratchDirectory();
  await using program = startProgram(['demo', '--data-dir', `${directory.path}/demo`], { env });
  await waitFor(() => /First record found/.test(program.stdout()), { description: 'the first record' });
  program.kill('SIGKILL');
  await program.ended;
  await waitUntilNoProcessAt(directory.path);
});
