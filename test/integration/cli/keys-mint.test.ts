import type { Algoliasearch } from 'algoliasearch';
import { expect, test, vi } from 'vitest';
import { filtersText, restrictionsOf } from '../../../src/algolia/key-scope.ts';
import { tryKey } from '../../../src/algolia/key-trial.ts';
import { mintKey } from '../../../src/algolia/secured-key.ts';
import { Secret } from '../../../src/config/secret.ts';
import { PreconditionError } from '../../../src/errors.ts';
import { at, events, INDEX, keysCase } from './keys-case.ts';

type SearchParams = Record<string, unknown>;

async function found(client: Algoliasearch, params: SearchParams = {}, indexName = INDEX): Promise<string[]> {
  const { hits } = await client.searchSingleIndex({
    indexName,
    searchParams: { hitsPerPage: 1000, ...params },
  });
  return hits.map(({ objectID }) => objectID).sort((one, other) => Number(one) - Number(other));
}

const ids = (holds: (event: (typeof events)[number]) => boolean) =>
  events.filter(holds).map(({ objectID }) => objectID);

test('a key sees its tenant and its window, from the first time up to but without the second, and nothing else', async () => {
  await using context = await keysCase();
  const minted = await context.mint([
    '--tenant',
    'acme',
    '--from',
    at(10),
    '--until',
    at(20),
    '--index',
    INDEX,
  ]);
  expect(minted.code, minted.stderr).toBe(0);
  expect(minted.stdout).toMatch(/^[A-Za-z0-9+/]+=*\n$/);
  expect(minted.stderr).toMatch(
    /^tried in audit_log +finds 5 records now, and none of 3 that were asked for/m,
  );
  const key = context.holder(minted);
  const own = ['10', '12', '14', '16', '18'];
  expect(await found(key)).toEqual(own);
  expect(await found(key, { query: 'report' })).toEqual(own);
  const { facets } = await key.searchSingleIndex({ indexName: INDEX, searchParams: { facets: ['tenant'] } });
  expect(facets).toEqual({ tenant: { acme: 5 } });
  await expect(found(key, {}, 'other')).rejects.toMatchObject({ status: 403 });
  await expect(key.getObject({ indexName: INDEX, objectID: '11' })).rejects.toMatchObject({ status: 404 });
  await expect(key.browse({ indexName: INDEX })).rejects.toMatchObject({ status: 403 });
  const body = { objectID: 'x' };
  await expect(key.saveObject({ indexName: INDEX, body })).rejects.toMatchObject({ status: 403 });
  await expect(key.getSettings({ indexName: INDEX })).rejects.toMatchObject({ status: 403 });
});

test('the filters of whoever has the key narrow it, and never widen it', async () => {
  await using context = await keysCase();
  const minted = await context.mint(['--tenant', 'acme', '--from', at(10), '--until', at(20)]);
  const key = context.holder(minted);
  const own = await found(key);
  const wishes: SearchParams[] = [
    { filters: 'tenant:acme OR tenant:\'globex "EU"\'' },
    { filters: 'occurred_at_ms > 0' },
    { filters: 'NOT tenant:nobody' },
    { facetFilters: [['tenant:acme', 'tenant:globex "EU"']] },
    { numericFilters: [['occurred_at_ms>0', 'occurred_at_ms<0']] },
    { filters: '' },
    { restrictIndices: 'other', validUntil: 4_000_000_000 },
  ];
  for (const wish of wishes) expect(await found(key, wish), JSON.stringify(wish)).toEqual(own);
  for (const filters of ['tenant:x) OR (tenant:acme', 'tenant:"acme" OR (tenant:x AND id > 0)'])
    await expect(found(key, { filters }), filters).rejects.toMatchObject({ status: 400 });
  expect(await found(key, { filters: 'tenant:\'globex "EU"\'' })).toEqual([]);
  expect(await found(key, { filters: 'id > 15' })).toEqual(['16', '18']);
  const altered = Buffer.from(Buffer.from(minted.stdout, 'base64').toString().replace('acme', 'acm'));
  const forged = context.holder({ ...minted, stdout: altered.toString('base64') });
  await expect(found(forged)).rejects.toMatchObject({ status: 403 });
});

test('values with quotes are theirs alone, an actor too; without a restriction it says so', async () => {
  await using context = await keysCase();
  const globex = await context.mint(['--tenant', 'globex "EU"']);
  expect(await found(context.holder(globex))).toEqual(ids(({ tenant }) => tenant.startsWith('globex')));
  const actor = await context.mint(['--actor', "usr_2's"]);
  expect(await found(context.holder(actor))).toEqual(ids(({ actor_id }) => actor_id.startsWith('usr_2')));
  expect(actor.stderr).toContain('without regard to case');
  const all = await context.mint([]);
  expect(await found(context.holder(all))).toHaveLength(events.length);
  expect(all.stderr).toContain('note: Nothing narrows it');
  for (const value of ['', ' acme', '-acme', 'a\\', `a"'b`, 'a\nb']) {
    const refused = await context.mint(['--tenant', value]);
    expect(refused, JSON.stringify(value)).toMatchObject({ code: 64, stdout: '' });
  }
});

test('it ends when it says', async () => {
  await using context = await keysCase();
  const endsMs = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000;
  const ends = new Date(endsMs).toISOString();
  const minted = await context.mint(['--tenant', 'acme', '--expires', ends, '--json']);
  const facts = JSON.parse(minted.stdout) as { key: string };
  expect(facts).toMatchObject({
    appId: context.server.appId,
    indexes: [INDEX, 'other'],
    filters: 'tenant:"acme"',
    validUntil: ends,
    records: { [INDEX]: 20, other: 20 },
  });
  expect(minted.stderr).toBe('');
  const key = context.holder({ ...minted, stdout: facts.key });
  // The command, the client and the server are all in this process.
  vi.useFakeTimers({ toFake: ['Date'], now: endsMs - 1 });
  try {
    expect(await found(key)).toHaveLength(20);
    vi.setSystemTime(endsMs);
    await expect(found(key)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('expired'),
    });
  } finally {
    vi.useRealTimers();
  }
});

test('the parent may search and no more: others are refused, and no key is printed', async () => {
  await using context = await keysCase();
  const parents: [string, RegExp][] = [
    [context.server.adminKey, /may do more than search \(.*addObject/],
    ['writer', /may do more than search \(addObject\)/],
    ['blind', /lacks the right search/],
    ['elsewhere', /restricted to other indexes than audit_log, other/],
    ['nobody', /no such key of it \(ALGOLIA_APP_ID, ALGOLIA_SEARCH_KEY\): Invalid/],
    [(await context.mint([])).stdout.trim(), /was made from another one/],
  ];
  for (const [parent, message] of parents) {
    const refused = await context.mint(['--tenant', 'acme'], { ALGOLIA_SEARCH_KEY: parent });
    expect(refused, String(message)).toMatchObject({ code: 78, stdout: '' });
    expect(refused.stderr).toMatch(message);
    expect(refused.stderr).not.toContain(parent.slice(0, 64));
  }
  const browsing = await context.mint(['--tenant', 'acme'], { ALGOLIA_SEARCH_KEY: 'browser' });
  expect(browsing.code).toBe(0);
  expect(browsing.stderr).toContain('note: The parent key may also browse');
  const { hits } = await context.holder(browsing).browse({ indexName: INDEX });
  expect(hits).toHaveLength(20);
});

test('what the index cannot filter by is an error, unless nobody may look', async () => {
  await using context = await keysCase({
    attributesForFaceting: ['action'],
    numericAttributesForFiltering: ['equalOnly(occurred_at_ms)'],
  });
  for (const [flag, value, list] of [
    ['--tenant', 'acme', 'attributesForFaceting'],
    ['--from', at(10), 'numericAttributesForFiltering'],
  ] as const) {
    const refused = await context.mint([flag, value]);
    expect(refused).toMatchObject({ code: 78, stdout: '' });
    expect(refused.stderr).toContain(`is not among its ${list}`);
  }
  const unseen = await context.mint(['--tenant', 'acme'], { ALGOLIA_ADMIN_KEY: 'blind' });
  expect(unseen.code).toBe(0);
  expect(unseen.stderr).toContain('is not known: Algolia refused to show the settings');
  expect(await found(context.holder(unseen))).toEqual([]);
});

test('a key that is given a record from outside is not printed', async () => {
  await using context = await keysCase();
  const { appId, url } = context.server;
  const attributes = { tenantAttribute: 'tenant', actorAttribute: 'actor_id', timeAttribute: 'occurred_at' };
  const restrictions = restrictionsOf({ tenant: 'acme', untilMs: Date.parse(at(20)) }, attributes);
  const parent = new Secret('search');
  const validUntil = Math.floor(Date.now() / 1000) + 60;
  const trial = (filters: string) => {
    const key = mintKey({ appId, parent, indexes: [INDEX], filters, validUntil });
    return tryKey({ appId, hosts: [url], parent: 'search', key, index: INDEX, restrictions });
  };
  expect(await trial(filtersText(restrictions))).toEqual({ records: 10, outsiders: 2 });
  await expect(trial('tenant:"acme"')).rejects.toThrow(/restriction on "occurred_at_ms"/);
  await expect(trial('')).rejects.toThrow(PreconditionError);
});

test('an index that is not there yet, an index that is nobody’s, no parent, no Algolia', async () => {
  await using context = await keysCase('no index');
  const early = await context.mint(['--tenant', 'acme']);
  expect(early).toMatchObject({ code: 0, stderr: expect.stringContaining('there is no such index yet') });
  expect(await context.mint(['--index', 'another'])).toMatchObject({ code: 64, stdout: '' });
  const without = await context.mint([], { ALGOLIA_SEARCH_KEY: '' });
  expect(without).toMatchObject({
    code: 78,
    stdout: '',
    stderr: expect.stringContaining('set ALGOLIA_SEARCH_KEY'),
  });
  const nowhere = await context.mint([], { ALGOLIA_HOSTS: 'http://127.0.0.1:1' });
  expect(nowhere).toMatchObject({ code: 69, stdout: '' });
});
