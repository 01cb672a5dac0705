import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEvidenceFile } from '../../../src/cli/evidence-file.ts';

let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'wal2algolia-evidence-'));
});
afterAll(() => rm(cwd, { recursive: true }));

it('leaves nothing behind when the command is cut by a signal', async () => {
  const stop = new AbortController();
  await using file = await openEvidenceFile('evidence', { force: false, cwd, signal: stop.signal });
  expect(await readdir(cwd)).toEqual(['evidence.part']);
  // The process ends at once then: nothing is awaited any more.
  stop.abort('SIGINT');
  expect(await readdir(cwd)).toEqual([]);
  expect(file).toBeDefined();
});

it('says what to do where a whole comparison cannot be written down', async () => {
  await expect(openEvidenceFile('nowhere/evidence', { force: false, cwd })).rejects.toMatchObject({
    message: '--evidence nowhere/evidence: the file cannot be written (ENOENT)',
    remedy: 'Name a place that is there, may be written to and has room.',
  });
});
