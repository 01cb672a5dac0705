import { expect, test } from 'vitest';
import { drained, lineConfig, released, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { commandFor } from '../cli/dead-letter-case.ts';
import { createLog, insertRows, intruder, TABLES } from './verify-case.ts';

test('exits with 65 while they differ, and with 0 once that is repaired, with nobody else at the slot', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables: TABLES }));
  await insertRows(database, 1, 20);
  await drained(database);
  await line.stop();
  await released(database);
  using index = intruder(server);
  await index.remove('7');
  await index.alter('8', { v: 'a secret value' });
  await using command = await commandFor(database, server, { tables: TABLES });
  // Written while nobody holds the slot: what is compared has to come first.
  await insertRows(database, 21, 5);

  const plain = await command.end('verify');
  expect(plain).toMatchObject({ code: 65 });
  expect(plain.stdout).toMatch(/25 rows and 24 records in 1 window, \d+ requests/);
  expect(plain.stdout).toMatch(/1 missing, 1 differing/);
  expect(plain.stdout).toMatch(/\nthey differ: --repair has these read again\n$/);
  expect(plain.stdout).toMatch(/missing +open +7\n.*differing +open +v +8\n/);
  expect(plain.stdout + plain.stderr).not.toContain('secret value');

  const json = await command.end('verify', '--json');
  expect(json.code).toBe(65);
  // What others read it by: nothing may leave it.
  const window = { from: null, to: null, isOutside: false, slice: { at: 0, of: 1 } };
  const counts = { rows: 25, records: 24, windows: 1, requests: expect.any(Number) };
  const excused = { newer: 0, deadLetters: 0, erased: 0, belowFloor: 0, retained: 0, unfit: 0 };
  const open = { isRepaired: false, isForeign: false };
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const hash = expect.stringMatching(/^[0-9a-f]{64}$/);
  expect(JSON.parse(json.stdout)).toStrictEqual({
    differences: 2,
    tables: [
      {
        ...{ table: 'public.t', index: 't', windowsBy: null, presenceOnly: null },
        ...{ ...counts, ...excused },
        ...{ missing: 1, extra: 0, differing: 1, repaired: 0, unrepaired: 2, isCut: false },
        differences: [
          { objectID: '7', difference: 'missing', attributes: [], ...open },
          { objectID: '8', difference: 'differing', attributes: ['v'], ...open },
        ],
        differingWindows: [{ ...window, count: 25, records: 24, hash, differing: 2 }],
        lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
        startedAt: time,
        endedAt: time,
      },
    ],
  });
  expect(json.stderr).not.toMatch(/"(7|8)"/);

  expect(await command.end('verify', '--repair', '--json')).toMatchObject({
    code: 0,
    json: { differences: 0, tables: [{ missing: 1, differing: 1, repaired: 2 }] },
  });
  expect(await command.end('verify')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('no difference'),
  });
});

test.each([
  [['--table', 'public.x'], 64, /public\.x is not configured/],
  [['--from', '2024-01-02', '--key-to', '3'], 64, /either --from/],
  [['--from', '2024-01-02', '--to', '2024-01-01'], 64, /empty/],
  [['--key-from', 'x'], 64, /whole number/],
])('%j is wrong usage', async (flags, code, message) => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  await using command = await commandFor(database, server, { tables: TABLES });
  const ended = await command.end('verify', ...flags);
  expect(ended).toMatchObject({ code, stderr: expect.stringMatching(message) });
});

test('only a part of the table: by time, by key', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables: TABLES }));
  await insertRows(database, 1, 48);
  await drained(database);
  using index = intruder(server);
  await index.remove('5', '30', '47');
  await using command = await commandFor(database, server, { tables: TABLES });
  const day = await command.end('verify', '--json', '--from', '2024-01-02', '--to', '2024-01-03');
  expect(JSON.parse(day.stdout)).toMatchObject({
    tables: [{ rows: 24, records: 22, differences: [{ objectID: '30' }, { objectID: '47' }] }],
  });
  const keys = await command.end('verify', '--json', '--key-from', '5', '--key-to', '30');
  expect(JSON.parse(keys.stdout)).toMatchObject({
    tables: [{ rows: 25, records: 24, differences: [{ objectID: '5' }] }],
  });
  expect(await command.end('verify', '--key-from', '48')).toMatchObject({ code: 0 });
  await line.stop();
});

test('a key that may only write is refused with what it lacks', async () => {
  await using database = await createDatabase();
  await createLog(database);
  const keys = [
    { value: 'writer', acl: ['addObject', 'deleteObject'] as const },
    { value: 'searcher', acl: ['search', 'addObject'] as const },
  ];
  await using server = await startIndex({ keys: keys.map((key) => ({ ...key, acl: [...key.acl] })) });
  for (const { value } of keys) {
    await using command = await commandFor(database, { ...server, adminKey: value }, { tables: TABLES });
    const ended = await command.end('verify');
    expect(ended).toMatchObject({
      code: 78,
      stderr: expect.stringMatching(/lacks the right browse.*\n.*Give algolia\.apiKey these rights/),
    });
  }
  await using command = await commandFor(database, { ...server, adminKey: 'nobody' }, { tables: TABLES });
  expect(await command.end('verify')).toMatchObject({
    code: 78,
    stderr: expect.stringMatching(/\(ALGOLIA_APP_ID, ALGOLIA_API_KEY\): Invalid .*\n {2}remedy: .*mistyped/),
  });
});

test('a key of its own, beside the pipeline: one that reads is enough, one for another index is refused', async () => {
  await using database = await createDatabase();
  await createLog(database);
  const acl = ['search', 'browse'] as const;
  await using server = await startIndex({
    keys: [
      { value: 'reader', acl: [...acl], indexes: ['t'] },
      { value: 'elsewhere', acl: [...acl], indexes: ['other'] },
    ],
  });
  await using line = startLine(lineConfig(database, server, { tables: TABLES }));
  await insertRows(database, 1, 5);
  await drained(database);
  await using command = await commandFor(database, { ...server, adminKey: 'reader' }, { tables: TABLES });
  expect(await command.end('verify')).toMatchObject({ code: 0 });
  await using other = await commandFor(database, { ...server, adminKey: 'elsewhere' }, { tables: TABLES });
  expect(await other.end('verify')).toMatchObject({
    code: 78,
    stderr: expect.stringMatching(/index t: Algolia refused with 403.*\n.*rights browse and search/),
  });
  await line.stop();
});

test('a record that no row can have is told apart from what --repair can mend, and how to get rid of it', async () => {
  await using database = await createDatabase();
  await createLog(database, { sql: 'CREATE TABLE t (a text, b int, v text, PRIMARY KEY (a, b))' });
  await using server = await startIndex();
  const tables = { 'public.t': { index: 't', objectID: ['a', 'b'] } };
  await using line = startLine(lineConfig(database, server, { tables }));
  await database.client.query(`INSERT INTO t VALUES ('x', 1, 'v'), ('y', 2, 'v')`);
  await drained(database);
  using index = intruder(server);
  await index.put({ objectID: 'too few parts' }, { objectID: 'x:3' });
  await index.remove('y:2');
  await using command = await commandFor(database, server, { tables });
  const plain = await command.end('verify', '--repair');
  expect(plain).toMatchObject({ code: 65 });
  expect(plain.stdout).toMatch(/missing +repaired +y:2\n/);
  expect(plain.stdout).toMatch(/extra +repaired +x:3\n/);
  expect(plain.stdout).toMatch(/extra +foreign +too few parts\n/);
  expect(plain.stdout).toMatch(/1 foreign: no row of the table can have such an objectID.*deleteObject/);
  expect(server.record('t', 'too few parts')).toBeDefined();
  const json = await command.end('verify', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({
    differences: 1,
    tables: [{ differences: [{ objectID: 'too few parts', isRepaired: false, isForeign: true }] }],
  });
  await index.remove('too few parts');
  expect(await command.end('verify')).toMatchObject({ code: 0 });
  await line.stop();
});

test.each([
  ['as it is configured', ['search', 'browse'], { unretrievableAttributes: ['v'] }],
  ['as the key can see', ['search', 'browse', 'settings'], undefined],
] as const)('a key from which attributes are kept is refused, %s', async (_, acl, settings) => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex({
    keys: [
      { value: 'blind', acl: [...acl] },
      { value: 'seeing', acl: [...acl, 'seeUnretrievableAttributes'] },
    ],
  });
  await using line = startLine(lineConfig(database, server, { tables: TABLES }));
  await insertRows(database, 1, 5);
  await drained(database);
  await fetch(`${server.url}/1/indexes/t/settings`, {
    method: 'PUT',
    headers: { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.adminKey },
    body: JSON.stringify({ unretrievableAttributes: ['v'] }),
  });
  const tables = { 'public.t': { index: 't', objectID: ['id'], ...(settings && { settings }) } };
  await using blind = await commandFor(database, { ...server, adminKey: 'blind' }, { tables });
  expect(await blind.end('verify', '--repair')).toMatchObject({
    code: 78,
    stderr: expect.stringMatching(/index t shows v only to keys with the right seeUnretrievableAttributes/),
  });
  await using seeing = await commandFor(database, { ...server, adminKey: 'seeing' }, { tables });
  expect(await seeing.end('verify')).toMatchObject({ code: 0 });
  await line.stop();
});

test('a table that has no such time is told before another one is compared', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await database.client.query(
    `CREATE TABLE timeless (id int PRIMARY KEY); ALTER PUBLICATION "${database.publication}" ADD TABLE timeless`,
  );
  await using server = await startIndex();
  const tables = { ...TABLES, 'public.timeless': { index: 'timeless' } };
  await using command = await commandFor(database, server, { tables });
  expect(await command.end('verify', '--from', '2024-01-01')).toMatchObject({
    code: 64,
    stdout: '',
    stderr: expect.stringMatching(/^error: public\.timeless has no attribute that is the time/),
  });
});
