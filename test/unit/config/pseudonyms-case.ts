import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';
import { ConfigError } from '../../../src/errors.ts';

export const ENVIRONMENT = {
  DATABASE_URL: 'postgres://db/app',
  ALGOLIA_APP_ID: 'APP',
  ALGOLIA_API_KEY: 'key',
  ALGOLIA_SEARCH_KEY: 'search',
};
export const ONE = 'one secret that must never be seen';
export const TWO = 'two secrets that must never be seen';
export const VARIABLE = { WAL2ALGOLIA_PSEUDONYM_KEY: ONE };
export const who = { column: 'actor_id', pseudonym: 'user' };
export const FROM = '2026-01-01T00:00:00Z';

export let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'wal2algolia-pseudonyms-'));
  await writeFile(join(cwd, 'one'), `${ONE}\n`);
  await writeFile(join(cwd, 'two'), `${TWO}\r\n`);
  await writeFile(join(cwd, 'short'), 'only thirty-one bytes are here.\n');
  await writeFile(join(cwd, 'bytes'), Buffer.alloc(40, 0xff));
});
afterAll(() => rm(cwd, { recursive: true }));

export type Given = { readonly table?: object; readonly pseudonyms?: unknown; readonly more?: object };
export type Environment = Record<string, string>;

export async function loaded(
  { table, pseudonyms, more }: Given,
  environment: Environment = {},
): Promise<Config> {
  const content = { tables: { 'a.b': { index: 'i', attributes: { who }, ...table } }, pseudonyms, ...more };
  await writeFile(join(cwd, 'c.json'), JSON.stringify(content));
  return loadConfig({ cwd, environment: { ...ENVIRONMENT, ...environment }, flags: { config: 'c.json' } });
}

export async function problem(given: Given, environment: Environment = {}): Promise<string> {
  const error = await loaded(given, environment).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(ConfigError);
  expect(inspect(error, { depth: 9 })).not.toMatch(/must never be seen|thirty-one/);
  return (error as ConfigError).message;
}
