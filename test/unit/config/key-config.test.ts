import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadKeyConfig } from '../../../src/config/load.ts';
import { ConfigError } from '../../../src/errors.ts';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'wal2algolia-keys-'));
});
afterAll(() => rm(cwd, { recursive: true }));

const ENVIRONMENT = { ALGOLIA_APP_ID: 'APP', ALGOLIA_SEARCH_KEY: 'search' };

async function problem(environment: Record<string, string>, content: unknown = {}): Promise<string> {
  await writeFile(join(cwd, 'c.json'), JSON.stringify(content));
  const loading = loadKeyConfig({ cwd, environment, flags: { config: 'c.json' } });
  const error = await loading.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).message;
}

test('making a key takes an application and a search key, and no database', async () => {
  const config = await loadKeyConfig({ cwd, environment: ENVIRONMENT });
  expect(config.algolia.searchKey.reveal()).toBe('search');
  expect(config.settingsKey).toBeUndefined();
  expect(config.keys).toEqual({
    tenantAttribute: 'tenant',
    actorAttribute: 'actor_id',
    timeAttribute: 'occurred_at',
  });
  expect(Object.keys(config.tables)).toEqual(['public.audit_log']);
});

test('settings are read by the key of setup, else by that of run', async () => {
  const run = { ...ENVIRONMENT, ALGOLIA_API_KEY: 'run' };
  expect((await loadKeyConfig({ cwd, environment: run })).settingsKey?.reveal()).toBe('run');
  const setup = { ...run, ALGOLIA_ADMIN_KEY: 'setup', LOG_LEVEL: 'nonsense' };
  expect((await loadKeyConfig({ cwd, environment: setup })).settingsKey?.reveal()).toBe('setup');
});

test('what it takes is checked, and what it does not is not', async () => {
  const unrelated = { postgres: { url: 7 }, http: { port: 'x' } };
  expect(await problem({ ALGOLIA_APP_ID: 'APP' }, unrelated)).toBe(
    'configuration: algolia.searchKey: missing: expected an Algolia API key; set ALGOLIA_SEARCH_KEY',
  );
  const names = ['tenant id', '', '1st', 'NOT', 'a:b', 7];
  for (const name of names)
    expect(await problem(ENVIRONMENT, { keys: { tenantAttribute: name } })).toContain(
      'keys.tenantAttribute: expected',
    );
  expect(await problem(ENVIRONMENT, { keys: { tenant: 'x' } })).toContain('keys.tenant: unknown key');
  expect(await problem({ ...ENVIRONMENT, ALGOLIA_SEARCH_KEY_FILE: '/nowhere' })).toContain(
    'ALGOLIA_SEARCH_KEY',
  );
});
