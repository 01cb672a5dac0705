import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { startIndex } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { ownTables, setUp } from './setup-command.ts';

const KEYS = [
  { value: 'clears', acl: ['search', 'addObject', 'deleteObject', 'deleteIndex'] },
  { value: 'deletes', acl: ['search', 'addObject', 'deleteObject'] },
  { value: 'browses', acl: ['search', 'addObject', 'deleteObject', 'browse'] },
] as const;

let server: AlgoliaServer & AsyncDisposable;

beforeAll(async () => {
  server = await startIndex({ keys: KEYS });
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

const ALONE = { 'public.a': { index: 'a' }, 'public.b': { index: 'b' } };
const SHARED = {
  'public.a': { index: 'both', objectIDPrefix: 'a:' },
  'public.b': { index: 'both', objectIDPrefix: 'b:' },
};

async function createTables({ client }: TestDatabase): Promise<void> {
  await client.query('CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)');
}

function withKey(apiKey: string, hosts = [server.url]) {
  return { appId: server.appId, apiKey, hosts };
}

async function truncates({ client, publication }: TestDatabase): Promise<unknown> {
  const { rows } = await client.query('SELECT pubtruncate FROM pg_publication WHERE pubname = $1', [
    publication,
  ]);
  return rows[0]?.pubtruncate;
}

type Case = {
  readonly tables: typeof ALONE | typeof SHARED;
  readonly key: string;
  readonly nowhere?: boolean;
  /** It may not read its own rights. */
  readonly unreadable?: boolean;
  /** What stands against it; undefined when nothing does. */
  readonly says?: RegExp;
};

const cases: Readonly<Record<string, Case>> = {
  'an index of its own, and the key may clear it': { tables: ALONE, key: 'clears' },
  'an index of its own, and the key may not clear it': {
    tables: ALONE,
    key: 'browses',
    says: /lacks the right deleteIndex,/,
  },
  'a shared index, and the key may browse': { tables: SHARED, key: 'browses' },
  'a shared index, and the key may not browse': {
    tables: SHARED,
    key: 'clears',
    says: /lacks the right browse,/,
  },
  'a key that may not read its rights': {
    tables: ALONE,
    key: 'clears',
    unreadable: true,
    says: /lacks the right deleteIndex.* does not let it read its own rights \(403: /,
  },
  'a key that Algolia does not know': {
    tables: ALONE,
    key: 'unknown',
    says: /no such key of it \(Invalid Application-ID or API key\)/,
  },
  'an Algolia that is out of reach': {
    tables: ALONE,
    key: 'clears',
    nowhere: true,
    says: /could not be asked what the key of `run` may do \(.*ECONNREFUSED/,
  },
};

test.each(Object.entries(cases))(
  'TRUNCATE with %s',
  async (_name, { tables, key, nowhere, unreadable, says }) => {
    await using database = await createDatabase();
    await createTables(database);
    const algolia = withKey(key, nowhere ? ['http://127.0.0.1:1'] : [server.url]);
    if (unreadable) server.faults.add({ kind: 'refuse', status: 403, path: '/1/keys/', times: 1_000 });
    const { notices } = await setUp({ database, tables, algolia });
    server.faults.clear();
    expect(await truncates(database)).toBe(says === undefined);
    if (says === undefined) expect(notices.join()).not.toContain('TRUNCATE');
    else {
      expect(notices.join()).toMatch(says);
      expect(notices.join()).not.toContain(key);
      const again = await setUp({ database, tables, algolia: withKey('clears') });
      expect(again.statements).toEqual([]);
      const remedy = /ALTER PUBLICATION .*/.exec(again.notices.join())?.[0];
      expect(remedy).toBeDefined();
      await database.client.query(remedy ?? '');
      expect(await truncates(database)).toBe(true);
    }
  },
);

test.each([
  {
    key: 'clears',
    tables: ALONE,
    says: /publishes TRUNCATE: that of public\.a clears index a, that of public\.b clears index b\./,
  },
  {
    key: 'browses',
    tables: SHARED,
    says: /publishes TRUNCATE: that of public\.a removes its records from index both, /,
  },
  {
    key: 'deletes',
    tables: SHARED,
    says: /publishes TRUNCATE, at which the pipeline will stop: .* lacks the right browse, /,
  },
])('what an existing publication does at a TRUNCATE is said: $key', async ({ key, tables, says }) => {
  await using database = await createDatabase();
  await createTables(database);
  await database.client.query(`CREATE PUBLICATION "${database.publication}" FOR TABLE a, b`);
  const { notices, statements } = await setUp({ database, tables, algolia: withKey(key) });
  expect(statements).toHaveLength(1 + ownTables().length);
  expect(notices.join()).toMatch(says);
  expect(await truncates(database)).toBe(true);
});

test('insert-only tables are followed for inserts alone, and Algolia is asked about the key alone, not about TRUNCATE', async () => {
  await using database = await createDatabase();
  await database.client.query('CREATE TABLE a (id int); CREATE TABLE b (id int PRIMARY KEY)');
  const asked = server.requests['GET /1/keys/:key'];
  const { notices, statements } = await setUp({ database, tables: ALONE, algolia: withKey('clears') });
  expect(statements[0]).toContain(`WITH (publish = 'insert')`);
  expect(notices.join('\n')).toMatch(/public\.a: inserts only.*\nOne publication serves all tables/);
  expect(server.requests['GET /1/keys/:key']).toBe((asked ?? 0) + 1);
});
