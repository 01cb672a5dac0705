import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, test } from 'vitest';
import { planOutput, writeOutput } from '../../../src/config/output-file.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'wal2algolia-output-'));
});
afterEach(() => rm(cwd, { recursive: true }));

const plan = (output?: string, environment = {}, force = false) =>
  planOutput({ output, force, environment, cwd });

test.each([
  [undefined, {}, 'wal2algolia.config.mjs', 'js', true],
  ['wal2algolia.config.json', {}, 'wal2algolia.config.json', 'json', true],
  ['./wal2algolia.config.ts', {}, './wal2algolia.config.ts', 'ts', true],
  ['mine.ts', {}, 'mine.ts', 'ts', false],
  [undefined, { WAL2ALGOLIA_CONFIG: 'mine.json' }, 'mine.json', 'json', true],
  ['other.mjs', { WAL2ALGOLIA_CONFIG: 'mine.json' }, 'other.mjs', 'js', false],
  ['wal2algolia.config.mjs', { WAL2ALGOLIA_CONFIG: 'mine.json' }, 'wal2algolia.config.mjs', 'js', false],
])('%s with %j is %s', async (output, environment, name, format, isFound) => {
  expect(await plan(output, environment)).toEqual({ path: join(cwd, name), name, format, isFound });
});

test.each(['config.yaml', 'config', 'config.cjs'])('%s is no configuration', async (name) => {
  await expect(plan(name)).rejects.toThrow('expected a name that ends in .json, .js, .mjs or .ts');
});

it('refuses a second one of those that are found, even by force, and a file that is there', async () => {
  await writeFile(join(cwd, 'wal2algolia.config.json'), '{}');
  for (const force of [false, true])
    await expect(plan(undefined, {}, force)).rejects.toThrow('wal2algolia.config.json is there already, and');
  await expect(plan('wal2algolia.config.json')).rejects.toThrow('is there already');
  await plan('wal2algolia.config.json', {}, true);
  await plan('other.json');
});

it('leaves a file alone that came to be meanwhile', async () => {
  const file = await plan('mine.json');
  await writeFile(file.path, 'theirs');
  await expect(writeOutput(file, 'ours', false)).rejects.toThrow('mine.json is there already');
  expect(await readFile(file.path, 'utf8')).toBe('theirs');
  await writeOutput(file, 'ours', true);
  expect(await readFile(file.path, 'utf8')).toBe('ours');
});
