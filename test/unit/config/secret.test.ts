import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { loadConfig, parseConfig } from '../../../src/config/load.ts';
import { Secret } from '../../../src/config/secret.ts';

it('is shown by nothing but reveal', () => {
  const secret = new Secret('hunter2');
  const shown = [
    String(secret),
    `${secret}`,
    `a ${secret}`,
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: { er: [secret] } }, { showHidden: true, depth: 10 }),
    Object.entries(secret).join(),
  ].join('\n');
  expect(shown).not.toContain('hunter2');
  expect(shown).toContain('[redacted]');
  expect(secret.reveal()).toBe('hunter2');
});

it('hides what a configuration holds, however it is printed', () => {
  const config = parseConfig({
    postgres: { url: 'postgres://user:hunter2@localhost/app' },
    algolia: { appId: 'APP', apiKey: 'hunter2' },
  });
  expect(inspect(config, { depth: 10, showHidden: true })).not.toContain('hunter2');
  expect(JSON.stringify(config)).not.toContain('hunter2');
});

/** Every wrong place a secret could be put in. */
it.each([
  { postgres: { url: 'hunter2' } },
  { postgres: { url: 'postgres://u:hunter2 #@h:x/d' } },
  { postgres: 'hunter2' },
  { postgres: { url: ['hunter2'] } },
  { algolia: 'hunter2' },
  { algolia: { apiKey: ['hunter2'], appId: 7 } },
  { algolia: { searchKey: ['hunter2'] } },
  { algolia: { apiKey: '', appId: 'hunter2', hosts: 'hunter2' } },
  { algolia: { hosts: ['http://hunter2@h', 'hunter2', 'http://h/?key=hunter2'] } },
  { algolia: { apikey: 'hunter2' }, hunter: 'hunter2' },
  'hunter2',
])('never quotes a secret that is wrong: %#', (input) => {
  let error: unknown;
  try {
    parseConfig(input as never);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeDefined();
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2');
});

it.each(['apiKey', 'searchKey'])('never quotes a number that stands for algolia.%s', (name) => {
  const parse = () => parseConfig({ algolia: { [name]: 471_123 } } as never);
  expect(parse).toThrow(`algolia.${name}: expected`);
  expect(parse).not.toThrow('471123');
});

it('never quotes a secret of the environment', async () => {
  const environment = {
    DATABASE_URL: 'hunter2',
    WAL2ALGOLIA_SETUP_DATABASE_URL: 'hunter2',
    ALGOLIA_HOSTS: 'hunter2',
    ALGOLIA_APP_ID: '',
  };
  const error = await loadConfig({ environment, cwd: '/' }).catch((reason: unknown) => reason);
  expect(inspect(error)).toContain('WAL2ALGOLIA_SETUP_DATABASE_URL: expected a URL');
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2');
});
