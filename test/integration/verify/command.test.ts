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
  expect(plain.stdout).toMatch(/25 rows and 24 records in 1 windows, \d+ requests/);
  expect(plain.stdout).toMatch(/1 missing, 1 differing/);
  expect(plain.stdout).toMatch(/\nthey differ: --repair has these read again\n$/);
  expect(plain.stdout).toMatch(/missing +open +7\n.*differing +open +v +8\n/);
  expect(plain.stdout + plain.stderr).not.toContain('secret value');

  const json = await command.end('verify', '--json');
  expect(json.code).toBe(65);
  expect(JSON.parse(json.stdout)).toEqual({
    differences: 2,
    tables: [
      expect.objectContaining({
        table: 'public.t',
        index: 't',
        rows: 25,
        records: 24,
        missing: 1,
        extra: 0,
        differing: 1,
        unrepaired: 2,
        isCut: false,
        differences: [
          { objectID: '7', difference: 'missing', attributes: [], isRepaired: false },
          { objectID: '8', difference: 'differing', attributes: ['v'], isRepaired: false },
        ],
        differingWindows: [
          expect.objectContaining({ from: null, to: null, count: 25, records: 24, differing: 2 }),
        ],
      }),
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
