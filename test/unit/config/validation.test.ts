import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { ConfigError } from '../../../src/errors.ts';

const CREDENTIALS = {
  postgres: { url: 'postgres://user:pass@localhost/app' },
  algolia: { appId: 'APP', apiKey: 'key' },
};

/** The lines of the error that this configuration gives; fails when it gives none. */
function problems(input: unknown): string[] {
  try {
    parseConfig(input as ConfigInput);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [first = '', ...more] = error.message.split('\n');
    return more.length === 0 ? [first.replace('configuration: ', '')] : more.map((line) => line.trim());
  }
  throw new Error('the configuration was taken');
}

const withTables = (tables: unknown): unknown => ({ ...CREDENTIALS, tables });

describe('defaults', () => {
  it('serves public.audit_log when only credentials are given', () => {
    const { postgres, algolia, setup, ...rest } = parseConfig(CREDENTIALS);
    expect(postgres.url.reveal()).toBe('postgres://user:pass@localhost/app');
    expect(algolia.apiKey.reveal()).toBe('key');
    expect(setup.postgresUrl.reveal()).toBe('postgres://user:pass@localhost/app');
    expect(setup.adminKey.reveal()).toBe('key');
    expect({ ...algolia, apiKey: undefined }).toEqual({
      appId: 'APP',
      apiKey: undefined,
      confirmAfter: 'published',
      recordBytesMax: 10_000,
      massRefusals: 'wait',
      compression: 'none',
    });
    const slot = { slot: 'wal2algolia', plugin: 'pgoutput' };
    expect(rest).toEqual({
      replication: { ...slot, publication: ['wal2algolia'], onGap: 'stop', onSlotLost: 'stop' },
      batch: { recordsMax: 5_000, bytesMax: 5_000_000, lingerMs: 0 },
      memory: { inFlightBytesMax: 67_108_864 },
      tables: { 'public.audit_log': { index: 'audit_log', objectID: ['id'] } },
      http: { host: '127.0.0.1', port: 8080 },
      lookups: {},
      backfill: 'never',
      verify: { repair: false },
      shutdownMs: 8_000,
      keys: { tenantAttribute: 'tenant', actorAttribute: 'actor_id', timeAttribute: 'occurred_at' },
      pseudonyms: { keys: [] },
      reports: {
        targetTypeAttribute: 'target_type',
        targetIdAttribute: 'target_id',
      },
      logLevel: 'info',
    });
  });

  it('takes one publication or a list of them', () => {
    const publicationOf = (publication: string | string[]): string[] =>
      parseConfig({ ...CREDENTIALS, replication: { publication } }).replication.publication;
    expect(publicationOf('one')).toEqual(['one']);
    expect(publicationOf(['one', 'two'])).toEqual(['one', 'two']);
  });

  it('takes attributes as columns, renamed or converted', () => {
    const attributes = { who: 'actor_id', at: { column: 'created', timeZone: 'Europe/Berlin' } };
    const tables = { 'app.log': { index: 'log', attributes } };
    expect(parseConfig({ ...CREDENTIALS, tables }).tables['app.log']?.attributes).toEqual(attributes);
  });
});

describe('what is wrong by itself', () => {
  const cases: readonly (readonly [what: string, input: unknown, expected: string])[] = [
    ['nothing at all', {}, 'postgres.url: missing: expected a postgres:// URL; set DATABASE_URL'],
    ['no object', 'text', 'expected an object'],
    ['a foreign URL', { ...CREDENTIALS, postgres: { url: 'mysql://h/d' } }, 'begins with postgres://'],
    ['a URL that is none', { ...CREDENTIALS, postgres: { url: 'postgres://u:a b#c@h:p/d' } }, '%23'],
    [
      'a slot name',
      { ...CREDENTIALS, replication: { slot: 'My-Slot' } },
      'replication.slot: expected at most 63',
    ],
    [
      'a long slot name',
      { ...CREDENTIALS, replication: { slot: 'a'.repeat(64) } },
      'replication.slot: expected',
    ],
    [
      'a plugin',
      { ...CREDENTIALS, replication: { plugin: 'test_decoding' } },
      'expected "pgoutput" or "wal2json", got "test_decoding"',
    ],
    [
      'a publication twice',
      { ...CREDENTIALS, replication: { publication: ['a', 'a'] } },
      'publication[1]: expected each name once',
    ],
    [
      'a host',
      { ...CREDENTIALS, algolia: { ...CREDENTIALS.algolia, hosts: ['ftp://a'] } },
      'algolia.hosts[0]: expected a URL that begins with http',
    ],
    [
      'a host with a path',
      { ...CREDENTIALS, algolia: { ...CREDENTIALS.algolia, hosts: ['http://a/1'] } },
      'no more than scheme, host and port',
    ],
    [
      'a choice',
      { ...CREDENTIALS, algolia: { ...CREDENTIALS.algolia, confirmAfter: 'never' } },
      'expected "published" or "accepted", got "never"',
    ],
    [
      'a fraction',
      { ...CREDENTIALS, batch: { lingerMs: 1.5 } },
      'expected a whole number of milliseconds from 0 to 60000, got 1.5',
    ],
    [
      'a number too large',
      { ...CREDENTIALS, http: { port: 65_536 } },
      'http.port: expected a whole number from 0 to 65535, got 65536',
    ],
    ['a number as text', { ...CREDENTIALS, shutdownMs: '8000' }, 'shutdownMs: expected a whole number'],
    ['no tables', withTables({}), 'tables: expected at least one table'],
    [
      'a table without schema',
      withTables({ log: { index: 'l' } }),
      'tables.log: expected a name as "schema.table", for example "public.log"',
    ],
    ['a table without index', withTables({ 'a.b': {} }), 'tables["a.b"].index: missing'],
    [
      'a column twice',
      withTables({ 'a.b': { index: 'i', objectID: ['id', 'id'] } }),
      'objectID[1]: expected each name once, got "id"',
    ],
    [
      'no key column',
      withTables({ 'a.b': { index: 'i', objectID: [] } }),
      'objectID: expected at least one column',
    ],
    [
      'a time zone',
      withTables({ 'a.b': { index: 'i', attributes: { at: { column: 'c', timeZone: 'Mars/Base' } } } }),
      'attributes.at.timeZone: expected an IANA time zone',
    ],
    [
      'an offset for a zone',
      withTables({ 'a.b': { index: 'i', attributes: { at: { column: 'c', timeZone: '+01:00' } } } }),
      'expected an IANA time zone',
    ],
    [
      'an attribute',
      withTables({ 'a.b': { index: 'i', attributes: { n: 3 } } }),
      'attributes.n: expected the name of a column, or an object with `column`, `constant`, `template`, `changes` or `op`, got 3',
    ],
    [
      'an attribute without column',
      withTables({ 'a.b': { index: 'i', attributes: { n: { as: 'number' } } } }),
      'attributes.n.column: missing',
    ],
    ...['objectID', 'wal', 'source_table', '_tags'].map(
      (name) =>
        [
          `the reserved name ${name}`,
          withTables({ 'a.b': { index: 'i', attributes: { [name]: 'c' } } }),
          `attributes.${name}: expected another name`,
        ] as const,
    ),
  ];
  it.each(cases)('%s', (_what, input, expected) => {
    expect(problems(input).join('\n')).toContain(expected);
  });
});

describe('contradictions', () => {
  it('refuses two tables in one index that cannot be told apart', () => {
    const sharing = (first: string | undefined, second: string | undefined): unknown =>
      withTables({
        'a.one': { index: 'i', ...(first === undefined ? {} : { objectIDPrefix: first }) },
        'a.two': { index: 'i', ...(second === undefined ? {} : { objectIDPrefix: second }) },
      });
    for (const [first, second] of [
      [undefined, undefined],
      ['one:', undefined],
      ['same:', 'same:'],
      ['one', 'one_more'],
    ]) {
      expect(problems(sharing(first, second))).toEqual([
        'tables["a.two"].objectIDPrefix: index "i" also takes a.one: expected an objectIDPrefix for both, neither of them the beginning of the other',
      ]);
    }
    expect(() => parseConfig(sharing('one:', 'two:') as ConfigInput)).not.toThrow();
  });

  it('refuses a memory limit below that of a batch, also when one of them is a default', () => {
    const expected =
      'memory.inFlightBytesMax: expected at least batch.bytesMax (5000000), got 200000: a batch could never fill';
    expect(problems({ ...CREDENTIALS, memory: { inFlightBytesMax: 200_000 } })).toEqual([expected]);
    expect(problems({ ...CREDENTIALS, batch: { bytesMax: 100_000_000 } })[0]).toContain('got 67108864');
  });
});

describe('unknown keys', () => {
  it.each([
    [{ ...CREDENTIALS, replicatoin: {} }, 'replicatoin: unknown key; did you mean "replication"?'],
    [
      { ...CREDENTIALS, batch: { records_max: 1 } },
      'batch.records_max: unknown key; did you mean "recordsMax"?',
    ],
    [{ ...CREDENTIALS, slot: 'x' }, 'slot: unknown key; did you mean "replication.slot"?'],
    [{ ...CREDENTIALS, zzz: 1 }, 'zzz: unknown key'],
    [
      withTables({ 'a.b': { index: 'i', objectId: ['id'] } }),
      'tables["a.b"].objectId: unknown key; did you mean "objectID"?',
    ],
    [
      withTables({ 'a.b': { index: 'i', attributes: { n: { column: 'c', timezone: 'UTC' } } } }),
      'tables["a.b"].attributes.n.timezone: unknown key; did you mean "timeZone"?',
    ],
  ])('%#', (input, expected) => {
    expect(problems(input)).toEqual([expected]);
  });
});

it('names every problem in one message', () => {
  const found = problems({
    postgres: { url: 'http://h' },
    algolia: { appID: 'APP', apiKey: 7 },
    replication: { slot: 'Not This' },
    memory: { inFlightBytesMax: 200_000 },
    tables: { log: { index: 'i', attributes: { wal: 'w', n: {} } }, 'a.b': { index: 'i' } },
  });
  const keys = [
    'postgres.url',
    'algolia.appId',
    'algolia.appID',
    'algolia.apiKey',
    'replication.slot',
    'memory.inFlightBytesMax',
    'tables.log',
    'tables.log.attributes.wal',
    'tables.log.attributes.n.column',
    'tables["a.b"].objectIDPrefix',
  ];
  expect(found.map((line) => line.split(': ')[0]).sort()).toEqual(keys.sort());
});
