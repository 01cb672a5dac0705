import { expect, test } from 'vitest';
import { loadConfig, parseConfig } from '../../../src/config/load.ts';
import { mappingHash } from '../../../src/verify/mapping-hash.ts';

const GIVEN = {
  postgres: { url: 'postgres://localhost/db' },
  algolia: { appId: 'app', apiKey: 'key' },
};

test('run compares nothing by itself unless it is told how often', () => {
  expect(parseConfig(GIVEN).verify).toEqual({ repair: false });
  expect(parseConfig({ ...GIVEN, verify: { everyHours: 24, windowDays: 7 } }).verify).toEqual({
    everyHours: 24,
    windowDays: 7,
    repair: false,
  });
});

test.each([
  [{ windowDays: 7 }, /verify: expected `everyHours` beside `windowDays` or `repair`/],
  [{ repair: true }, /verify: expected `everyHours`/],
  [{ everyHours: 0 }, /verify\.everyHours: expected a whole number of hours from 1 to 8760/],
  [{ everyHour: 1 }, /verify\.everyHour/],
])('%j is refused', (verify, message) => {
  expect(() => parseConfig({ ...GIVEN, verify } as never)).toThrow(message);
});

test('the key of evidence comes from the environment alone, and shows itself nowhere', async () => {
  const environment = {
    DATABASE_URL: GIVEN.postgres.url,
    ALGOLIA_APP_ID: 'app',
    ALGOLIA_API_KEY: 'key',
    WAL2ALGOLIA_EVIDENCE_KEY: 'planted-private-key',
  };
  const config = await loadConfig({ environment, cwd: '/nowhere' });
  expect(config.evidenceKey?.reveal()).toBe('planted-private-key');
  expect(JSON.stringify(config)).not.toContain('planted');
  expect(() => parseConfig({ ...GIVEN, evidenceKey: 'planted-private-key' } as never)).toThrow(/evidenceKey/);
});

test('the hash of the mapping changes with what records are made of, and with nothing else', () => {
  const hash = (table: object, more: object = {}): string =>
    mappingHash(
      'public.t',
      parseConfig({ ...GIVEN, ...more, tables: { 'public.t': { index: 't', ...table } } } as never),
    );
  const plain = hash({});
  expect(plain).toMatch(/^[0-9a-f]{64}$/);
  expect(hash({ index: 'other', settings: {} }, { verify: { everyHours: 1 }, shutdownMs: 1 })).toBe(plain);
  const others = [
    hash({ objectID: ['a'] }),
    hash({ objectIDPrefix: 'a:' }),
    hash({ attributes: { a: 'b' } }),
    hash({ attributes: { a: 'c' } }),
    hash({ filter: 'id > 1' }),
    hash({ oversize: 'cut' }),
    hash({ transform: () => null }),
    hash({ transform: () => ({}) }),
    hash({}, { algolia: { ...GIVEN.algolia, recordBytesMax: 20_000 } }),
  ];
  expect(new Set([plain, ...others]).size).toBe(others.length + 1);
});
