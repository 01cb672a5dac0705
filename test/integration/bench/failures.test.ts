import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { killProcessesAt, processesAt } from '../../support/process-search.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startBench } from './bench-command.ts';

/** Runs the bench with this text as the program that is measured; all that it makes is below `temporary`. */
async function benchOf(program: string, ...parameters: readonly string[]) {
  const directory = await scratchDirectory();
  const { path: temporary } = directory;
  onTestFinished(async () => {
    await killProcessesAt(temporary);
    await directory[Symbol.asyncDispose]();
  });
  const file = join(temporary, 'program.mjs');
  await writeFile(file, program);
  const small = ['--scenario', 'slow-index', '--rows', '100', '--runs', '1', '--program', file];
  return { temporary, ...startBench([...small, ...parameters], temporary) };
}

async function expectNothingLeft(temporary: string): Promise<void> {
  expect(await processesAt(temporary)).toEqual([]);
  const ours = (name: string) => !/^jiti|^node-compile-cache/.test(name);
  expect((await readdir(temporary)).filter(ours)).toEqual(['program.mjs']);
}

test('a reader that ends by itself is an error, and nothing is left behind', async () => {
  const { temporary, ended } = await benchOf('process.exit(3)');
  const { exitCode, stdout, stderr } = await ended;
  expect(stderr).toContain('ReaderEndedError: wal2algolia ended with 3 before it streamed');
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  await expectNothingLeft(temporary);
});

test('a reader that never drains is an error once its time is over', async () => {
  const { temporary, ended } = await benchOf('setInterval(() => {}, 1000)', '--limit-seconds', '1');
  const { exitCode, stderr } = await ended;
  expect(stderr).toContain('DrainLimitError: wal2algolia has not begun to stream: not within 1 s');
  expect(exitCode).toBe(1);
  await expectNothingLeft(temporary);
});

test('a signal, though it comes twice, ends it in mid-drain, and all that it started', async () => {
  const waiting = `import { writeFileSync } from 'node:fs';
    writeFileSync(new URL('started', import.meta.url), ''); setInterval(() => {}, 1000);`;
  const { temporary, child, ended } = await benchOf(waiting);
  const started = join(temporary, 'started');
  await waitFor(async () => (await readFile(started, 'utf8')) === '', { description: 'the reader to run' });
  // Two of one kind may arrive as one; which of these arrives first is not said.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) child.kill(signal);
  const { exitCode, stderr } = await ended;
  expect(stderr).toMatch(/Error: stopped by SIG(TERM|INT)/);
  expect([143, 130]).toContain(exitCode);
  await rm(started);
  await expectNothingLeft(temporary);
});

test('wrong usage says what there is', async () => {
  const { exitCode, stderr } = await startBench(['--scenario', 'everything']).ended;
  expect(exitCode).toBe(64);
  expect(stderr).toContain('there is no scenario everything');
  expect(stderr).toContain('One of thousand, one-row');
});
