import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig, loadPostgresUrl, loadSandboxConfig } from '../../../src/config/load.ts';
import { ConfigError } from '../../../src/errors.ts';

const ENVIRONMENT = {
  DATABASE_URL: 'postgres://user:pass@localhost/app',
  ALGOLIA_APP_ID: 'APP',
  ALGOLIA_API_KEY: 'key',
};
let cwd: string;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wal2algolia-config-'));
});
beforeEach(async () => {
  cwd = await mkdtemp(join(root, 'case-'));
});
afterAll(() => rm(root, { recursive: true }));

const file = (name: string, content: string): Promise<void> => writeFile(join(cwd, name), content);

async function messageOf(loading: Promise<unknown>): Promise<string> {
  const error = await loading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ConfigError) return error.message;
  throw new Error('expected a ConfigError', { cause: error });
}

describe('precedence', () => {
  it('is flags over environment over file over default', async () => {
    await file(
      'wal2algolia.config.json',
      '{"replication":{"slot":"of_file","publication":"of_file"},"http":{"port":1,"host":"of-file"}}',
    );
    const environment = { ...ENVIRONMENT, WAL2ALGOLIA_SLOT: 'of_environment', WAL2ALGOLIA_HTTP_PORT: '2' };
    const config = await loadConfig({ cwd, environment, flags: { slot: 'of_flag' } });
    expect(config.replication.slot).toBe('of_flag');
    expect(config.http).toEqual({ host: 'of-file', port: 2 });
    expect(config.replication.publication).toEqual(['of_file']);
    expect(config.shutdownMs).toBe(8_000);
  });

  it('reads every variable into its place', async () => {
    const config = await loadConfig({
      cwd,
      environment: {
        ...ENVIRONMENT,
        ALGOLIA_HOSTS: 'http://127.0.0.1:1, http://127.0.0.1:2',
        WAL2ALGOLIA_PUBLICATION: 'one,two',
        WAL2ALGOLIA_HTTP_HOST: '0.0.0.0',
        ALGOLIA_SEARCH_KEY: 'search',
        ALGOLIA_ADMIN_KEY: 'admin',
        WAL2ALGOLIA_PSEUDONYM_KEY: 'a pseudonym key of many characters',
        WAL2ALGOLIA_SETUP_DATABASE_URL: 'postgres://owner@localhost/app',
        LOG_LEVEL: 'warn',
      },
    });
    expect(config.algolia.hosts).toEqual(['http://127.0.0.1:1', 'http://127.0.0.1:2']);
    expect(config.replication.publication).toEqual(['one', 'two']);
    expect(config.http.host).toBe('0.0.0.0');
    expect(config.algolia.searchKey?.reveal()).toBe('search');
    expect(config.pseudonyms.keys[0]?.secret.reveal()).toBe('a pseudonym key of many characters');
    expect(config.setup.adminKey.reveal()).toBe('admin');
    expect(config.setup.postgresUrl.reveal()).toBe('postgres://owner@localhost/app');
    expect(config.logLevel).toBe('warn');
  });

  it('takes an empty variable for one that is not set', async () => {
    const config = await loadConfig({
      cwd,
      environment: { ...ENVIRONMENT, WAL2ALGOLIA_SLOT: '', LOG_LEVEL: '' },
    });
    expect(config.replication.slot).toBe('wal2algolia');
  });

  it('says which variable or flag was wrong', async () => {
    const environment = {
      ...ENVIRONMENT,
      WAL2ALGOLIA_HTTP_PORT: 'http',
      LOG_LEVEL: 'loud',
      ALGOLIA_HOSTS: ',',
    };
    const message = await messageOf(loadConfig({ cwd, environment, flags: { slot: 'No' } }));
    expect(message).toContain(
      'http.port (WAL2ALGOLIA_HTTP_PORT): expected a whole number from 0 to 65535, got "http"',
    );
    expect(message).toContain('replication.slot (--slot): expected');
    expect(message).toContain('algolia.hosts (ALGOLIA_HOSTS): expected at least one URL');
    expect(message).toContain('LOG_LEVEL: expected "fatal"');
  });
});

describe('secrets from files', () => {
  it('trims the newline at the end and nothing else', async () => {
    await file('secret', ' key with spaces \n');
    const environment = {
      ...ENVIRONMENT,
      ALGOLIA_API_KEY: undefined,
      ALGOLIA_API_KEY_FILE: join(cwd, 'secret'),
    };
    expect((await loadConfig({ cwd, environment })).algolia.apiKey.reveal()).toBe(' key with spaces ');
  });

  it.each([
    'DATABASE_URL',
    'ALGOLIA_API_KEY',
    'ALGOLIA_SEARCH_KEY',
    'ALGOLIA_ADMIN_KEY',
    'WAL2ALGOLIA_SETUP_DATABASE_URL',
    'WAL2ALGOLIA_PSEUDONYM_KEY',
  ])('refuses %s together with its file', async (name) => {
    await file('secret', 'postgres://hunter2@h/d');
    const environment = {
      ...ENVIRONMENT,
      [name]: 'postgres://hunter2@h/d',
      [`${name}_FILE`]: join(cwd, 'secret'),
    };
    const message = await messageOf(loadConfig({ cwd, environment }));
    expect(message).toContain(`${name}: set together with ${name}_FILE`);
    expect(message).not.toContain('hunter2');
  });

  it('names a file that cannot be read by its variable', async () => {
    const environment = { ...ENVIRONMENT, ALGOLIA_SEARCH_KEY_FILE: join(cwd, 'nowhere') };
    expect(await messageOf(loadConfig({ cwd, environment }))).toContain(
      'ALGOLIA_SEARCH_KEY_FILE: expected a file that can be read (ENOENT)',
    );
  });
});

describe('the configuration file', () => {
  const slotWith = async (
    flags: { config?: string } = {},
    more: Record<string, string> = {},
  ): Promise<string> =>
    (await loadConfig({ cwd, environment: { ...ENVIRONMENT, ...more }, flags })).replication.slot;

  it.each([
    ['wal2algolia.config.json', '\uFEFF{"replication":{"slot":"found"}}'],
    ['wal2algolia.config.js', 'module.exports = { replication: { slot: "found" } }'],
    ['wal2algolia.config.mjs', 'export default { replication: { slot: "found" } }'],
    ['wal2algolia.config.ts', 'const slot: string = "found"; export default { replication: { slot } };'],
  ])('is found as %s', async (name, content) => {
    await file(name, content);
    expect(await slotWith()).toBe('found');
  });

  it('may be absent unless it was asked for', async () => {
    expect(await slotWith()).toBe('wal2algolia');
    expect(await messageOf(slotWith({ config: 'mine.json' }))).toBe(
      'configuration file mine.json does not exist',
    );
    expect(await messageOf(slotWith({}, { WAL2ALGOLIA_CONFIG: 'mine.json' }))).toContain('does not exist');
  });

  it('is the one of the flag before that of the environment', async () => {
    await file('a.json', '{"replication":{"slot":"a"}}');
    await file('b.json', '{"replication":{"slot":"b"}}');
    expect(await slotWith({ config: 'a.json' }, { WAL2ALGOLIA_CONFIG: 'b.json' })).toBe('a');
    expect(await slotWith({}, { WAL2ALGOLIA_CONFIG: 'b.json' })).toBe('b');
  });

  it('must not be one of two', async () => {
    await file('wal2algolia.config.json', '{}');
    await file('wal2algolia.config.mjs', 'export default {}');
    expect(await messageOf(slotWith())).toContain('wal2algolia.config.json, wal2algolia.config.mjs');
  });

  it.each([
    ['bad.json', '{\n  "postgres": { "url": "postgres://u:hunter2@h/d" "hunter2" }\n}', 'line 2, column 51'],
    ['bad.mjs', 'export default {\n  postgres: { url: postgres://u:hunter2@h/d }\n}', 'line 2, column'],
    ['bad.ts', 'export default {\n  a: 1,\n  b c hunter2\n}', 'line 3, column'],
    ['bad.js', 'module.exports = {\n', 'line 2, column'],
  ])('says where a syntax error in %s is, without quoting the file', async (name, content, position) => {
    await file(name, content);
    const message = await messageOf(slotWith({ config: name }));
    expect(message).toContain(name);
    expect(message).toContain(position);
    expect(message).not.toContain('hunter2');
  });

  it('says what a file that throws has thrown, and when there is no default export', async () => {
    await file('throws.mjs', 'throw new Error("no such region")');
    expect(await messageOf(slotWith({ config: 'throws.mjs' }))).toContain('no such region');
    await file('named.mjs', 'export const config = {}');
    expect(await messageOf(slotWith({ config: 'named.mjs' }))).toContain('has no default export');
  });
});

it('needs nothing but the database where only that is asked for', async () => {
  const environment = { DATABASE_URL: 'postgres://u:hunter2@h/d' };
  expect((await loadPostgresUrl({ cwd, environment })).reveal()).toBe('postgres://u:hunter2@h/d');
  expect(await messageOf(loadPostgresUrl({ cwd, environment: {} }))).toContain('set DATABASE_URL');
});

it('lets nothing of the real parts into a sandbox', async () => {
  await file('wal2algolia.config.json', '{"tables":{"real.table":{"index":"real"}}}');
  const environment = {
    DATABASE_URL: 'postgres://real/d',
    DATABASE_URL_FILE: '/nowhere',
    ALGOLIA_HOSTS: 'http://real',
    ALGOLIA_ADMIN_KEY: 'real',
    WAL2ALGOLIA_SETUP_DATABASE_URL: 'postgres://real/d',
    WAL2ALGOLIA_HTTP_PORT: '1234',
  };
  const own = {
    postgres: { url: 'postgres://own/d' },
    algolia: { appId: 'own', apiKey: 'own' },
    tables: { 'own.table': { index: 'own' } },
  };
  const config = await loadSandboxConfig({ cwd, environment }, own);
  expect(config.postgres.url.reveal()).toBe('postgres://own/d');
  expect(config.setup.postgresUrl.reveal()).toBe('postgres://own/d');
  expect(config.setup.adminKey.reveal()).toBe('own');
  expect(config.algolia.hosts).toBeUndefined();
  expect(Object.keys(config.tables)).toEqual(['own.table']);
  expect(config.http.port).toBe(1234);
});
