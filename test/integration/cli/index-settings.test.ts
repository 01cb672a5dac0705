import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { startIndex } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { clientOf } from '../local-algolia/served.ts';
import { type Command, commandFor } from './dead-letter-case.ts';

const INDEX = 'audit_log';
type Change = { readonly name: string; readonly from: unknown; readonly to: unknown };
type Told = { readonly index: string; readonly changes: readonly Change[]; readonly notices: string[] };

async function auditLog(): Promise<TestDatabase> {
  const database = await createDatabase();
  await database.client.query(await readFile('postgres/audit-log.sql', 'utf8'));
  return database;
}

async function settle(command: Command, ...args: string[]): Promise<Told | undefined> {
  const { code, stderr, stdout } = await command.end('setup', '--json', ...args);
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as { indexes: Told[] }).indexes[0];
}

const TABLES = { 'public.audit_log': { index: INDEX, settings: {} } };

test('settings of an audit log are derived, shown, applied once, and its drift is told by status', async () => {
  await using database = await auditLog();
  await using server = await startIndex();
  await using command = await commandFor(database, server, { tables: TABLES });
  const client = clientOf(server.port, server.appId, server.adminKey);

  const dry = await settle(command, '--dry-run');
  await expect(client.getSettings({ indexName: INDEX })).rejects.toMatchObject({ status: 404 });
  const applied = await settle(command);
  expect(applied?.changes).toEqual(dry?.changes);
  expect(applied?.notices).toEqual([]);
  const settings = await client.getSettings({ indexName: INDEX });
  expect(settings).toMatchObject({
    searchableAttributes: [
      'actor_type',
      'actor_id',
      'action',
      'target_type',
      'target_id',
      'outcome',
      'request_id',
      'source',
      'tenant',
      'unordered(before)',
      'unordered(after)',
      'unordered(metadata)',
    ],
    attributesForFaceting: [
      'actor_type',
      'searchable(actor_id)',
      'action',
      'target_type',
      'filterOnly(target_id)',
      'outcome',
      'filterOnly(request_id)',
      'source',
      'tenant',
      'filterOnly(tx_id)',
    ],
    numericAttributesForFiltering: ['id', 'occurred_at_ms', 'tx_id', 'wal.committed_at_ms'],
    customRanking: ['desc(id)'],
    typoTolerance: 'min',
    allowTyposOnNumericTokens: false,
    disableTypoToleranceOnAttributes: ['actor_id', 'target_id', 'request_id'],
  });
  expect(settings.ranking?.[0]).toBe('desc(occurred_at_ms)');
  expect((await settle(command, '--dry-run'))?.changes).toEqual([]);
  expect((await settle(command))?.changes).toEqual([]);
  expect(server.requests['PUT /1/indexes/:index/settings']).toBe(1);

  const status = async () => (await command.end('status', '--json')).json as { settings: unknown };
  expect(await status()).toMatchObject({ settings: [{ index: INDEX, state: 'as-configured' }] });
  const { taskID } = await client.setSettings({
    indexName: INDEX,
    indexSettings: { typoTolerance: true, customRanking: [], hitsPerPage: 5 },
  });
  await client.waitForTask({ indexName: INDEX, taskID });
  expect((await status()).settings).toEqual([
    {
      index: INDEX,
      state: 'differs',
      changes: [
        { name: 'customRanking', from: [], to: ['desc(id)'] },
        { name: 'typoTolerance', from: true, to: 'min' },
      ],
    },
  ]);
  const told = await command.end('status');
  expect(told).toMatchObject({ code: 0, stderr: '' });
  expect(told.stdout).toMatch(
    /^settings of audit_log +differ .* in customRanking, typoTolerance: `setup --dry-run`/m,
  );
  const shown = await command.end('setup', '--dry-run');
  expect(shown.stdout).toContain('would change\n  customRanking\n    is      []\n    becomes ["desc(id)"]\n');
});

test('what is given takes the place of what is derived; left out is left alone', async () => {
  await using database = await auditLog();
  await using server = await startIndex();
  const given = { ranking: ['custom'], typoTolerance: null, hitsPerPage: 7 };
  await using command = await commandFor(database, server, {
    tables: { 'public.audit_log': { index: INDEX, settings: given } },
  });
  const changes = await settle(command);
  expect(changes?.changes.map(({ name }) => name)).not.toContain('typoTolerance');
  const client = clientOf(server.port, server.appId, server.adminKey);
  expect(await client.getSettings({ indexName: INDEX })).toMatchObject({
    ranking: ['custom'],
    hitsPerPage: 7,
    customRanking: ['desc(id)'],
  });
  await using silent = await commandFor(database, server, {
    tables: { 'public.audit_log': { index: INDEX } },
  });
  expect(await settle(silent)).toBeUndefined();
  expect((await silent.end('status', '--json')).json).not.toHaveProperty('settings');
});

test('a changed mapping is a changed list, and setup says that old records keep their shape', async () => {
  await using database = await auditLog();
  await using server = await startIndex();
  await database.client.query(`CREATE PUBLICATION "${database.publication}" FOR TABLE public.audit_log`);
  const mapped = (attributes: Record<string, string>): ConfigInput['tables'] => ({
    'public.audit_log': { index: INDEX, attributes, settings: {} },
  });
  const narrow = { occurred_at: 'occurred_at', who: 'actor_id' };
  await using first = await commandFor(database, server, { tables: mapped(narrow) });
  expect(await settle(first)).toMatchObject({ notices: [] });
  await using second = await commandFor(database, server, {
    tables: mapped({ ...narrow, action: 'action' }),
  });
  for (const args of [['--dry-run'], []]) {
    const told = await settle(second, ...args);
    expect(told?.changes.map(({ name }) => name)).toEqual(['attributesForFaceting', 'searchableAttributes']);
    expect(told?.notices).toEqual([
      expect.stringMatching(/audit_log: other attributes than before .* keep their old shape/),
    ]);
  }
  expect(await settle(second)).toMatchObject({ changes: [], notices: [] });
});

test('a key of setup with no more than settings and editSettings suffices, and waits for what it changes', async () => {
  await using database = await auditLog();
  const keys = [
    { value: 'setup-key', acl: ['settings', 'editSettings'] as const },
    { value: 'run-key', acl: ['addObject', 'deleteObject', 'deleteIndex'] as const },
  ];
  await using server = await startIndex({ keys, taskDelayMs: 300 });
  const index = { appId: server.appId, url: server.url, adminKey: 'setup-key' };
  await using command = await commandFor(database, index, { tables: TABLES });
  expect(await settle(command)).toMatchObject({ published: true });
  const state = await command.end('status', '--json');
  expect(state.json).toMatchObject({ settings: [{ state: 'as-configured' }] });
  await using run = await commandFor(database, { ...index, adminKey: 'run-key' }, { tables: TABLES });
  const refused = await run.end('setup');
  expect(refused.code).toBe(78);
  expect(refused.stderr).toMatch(/remedy: .*settings and editSettings .* ALGOLIA_ADMIN_KEY/);
  const blind = await run.end('status', '--json');
  expect(blind.json).toMatchObject({
    settings: [{ index: INDEX, state: 'unknown', reason: expect.stringContaining('right settings') }],
  });
});

test('status without Algolia says that it does not know, and tells of the slot all the same', async () => {
  await using database = await auditLog();
  await using server = await startIndex();
  await using command = await commandFor(database, server, { tables: TABLES });
  await settle(command);
  await using lost = await commandFor(database, undefined, { tables: TABLES });
  const told = await lost.end('status', '--json');
  expect(told).toMatchObject({ code: 0, stderr: '' });
  expect(told.json).toMatchObject({
    slot: { name: database.slot },
    settings: [{ index: INDEX, state: 'unknown', reason: expect.stringContaining('ECONNREFUSED') }],
  });
});

test('tables of one index with other settings, or other times, are a contradiction', async () => {
  await using database = await createDatabase();
  await using server = await startIndex();
  await database.client.query(
    'CREATE TABLE a (id int PRIMARY KEY, at timestamptz); CREATE TABLE b (id int PRIMARY KEY, made timestamptz, kind text)',
  );
  const tables = (
    more: Record<string, unknown>,
    attributes?: Record<string, string>,
  ): ConfigInput['tables'] => ({
    'public.a': { index: INDEX, objectIDPrefix: 'a:', settings: {} },
    'public.b': { index: INDEX, objectIDPrefix: 'b:', ...(attributes && { attributes }), ...more },
  });
  await using given = await commandFor(database, server, {
    tables: tables({ settings: { hitsPerPage: 1 } }),
  });
  const refused = await given.end('setup', '--dry-run');
  expect(refused.code).toBe(78);
  expect(refused.stderr).toContain('tables["public.b"].settings: index "audit_log" also takes public.a');
  await using times = await commandFor(database, server, { tables: tables({}) });
  const torn = await times.end('setup');
  expect(torn.code).toBe(78);
  expect((await database.client.query('SELECT FROM pg_publication')).rows).toEqual([]);
  expect(torn.stderr).toMatch(/public\.a and public\.b share an index.*"at" and "made"/);
  await using agreed = await commandFor(database, server, {
    tables: tables({}, { at: 'made', kind: 'kind' }),
  });
  await settle(agreed);
  const client = clientOf(server.port, server.appId, server.adminKey);
  expect(await client.getSettings({ indexName: INDEX })).toMatchObject({
    attributesForFaceting: ['kind', 'source_table'],
    ranking: expect.arrayContaining(['desc(at_ms)']),
  });
});
