import { expect, test } from 'vitest';
import { createDatabase } from '../../support/postgres.ts';
import { letter, openLetters, rows, setAside } from '../dead-letters/letter-case.ts';
import { commandFor, createSlot, withLetters } from './dead-letter-case.ts';

const SECRET = 'the-secret-of-a-row';

test('list tells what and why, and how many more, and never the record', async () => {
  await using database = await createDatabase();
  await withLetters(
    database,
    letter({ record: SECRET }),
    letter({
      objectID: '2',
      reason: 'too-large',
      httpStatus: undefined,
      message: 'of 20,000\u001b[31m bytes',
    }),
    letter({ objectID: undefined, reason: 'no-object-id', place: 1, table: 'public.u' }),
  );
  await using command = await commandFor(database);
  const all = await command.end('dead-letters', 'list');
  expect(all.code, all.stderr).toBe(0);
  expect(all.stdout).toMatch(
    /^id +table +objectID +reason +status +attempts +committed at +last failed +message$/m,
  );
  expect(all.stdout).toMatch(
    /public\.t +1 +refused +400 +1 +2026-01-02T03:04:05Z +\S+Z +Record is too big$/m,
  );
  expect(all.stdout).toMatch(/public\.t +2 +too-large +- .* of 20,000 \[31m bytes$/m);
  expect(all.stdout).toMatch(/public\.u +- +no-object-id/);
  expect(all.stdout).not.toContain(SECRET);
  const { json } = await command.end(
    'dead-letters',
    'list',
    '--json',
    '--table',
    'public.t',
    '--reason',
    'refused',
  );
  expect(json).toMatchObject({
    total: 1,
    letters: [{ objectID: '1', httpStatus: 400, lsn: 'A/B', committedAt: '2026-01-02T03:04:05.678901Z' }],
  });
  expect(JSON.stringify(json)).not.toContain(SECRET);
  expect((await command.end('dead-letters', 'list', '--limit', '1')).stdout).toMatch(
    /^and 2 more: --limit 3 /m,
  );
  expect((await command.end('dead-letters', 'list', '--table', 'public.v')).stdout).toBe('no dead letters\n');
  expect((await command.end('dead-letters', 'list', '--reason', 'none')).code).toBe(64);
});

test('show tells all of one letter, without what a terminal would obey', async () => {
  await using database = await createDatabase();
  const [id = ''] = await withLetters(database, letter({ record: `{"v":"${SECRET}"}\u001b[2J` }));
  await using command = await commandFor(database);
  const shown = await command.end('dead-letters', 'show', id);
  expect(shown.stdout).toMatch(new RegExp(`^record +\\{"v":"${SECRET}"\\} \\[2J$`, 'm'));
  expect((await command.end('dead-letters', 'show', id, '--json')).json).toMatchObject({
    id,
    objectID: '1',
    attempts: 1,
    record: `{"v":"${SECRET}"}\u001b[2J`,
  });
  const unknown = await command.end('dead-letters', 'show', '987654');
  expect(unknown.code).toBe(64);
  expect(unknown.stderr).toMatch(/slot "\w+" has no dead letter 987654\n {2}remedy: /);
  expect((await command.end('dead-letters', 'show', 'x')).code).toBe(64);
});

test('discard forgets those that are named and no others, says which, and confirms nothing', async () => {
  await using database = await createDatabase();
  await createSlot(database);
  const [one = '', two = ''] = await withLetters(
    database,
    letter(),
    letter({ objectID: '2' }),
    letter({ objectID: '3' }),
  );
  await using other = await openLetters({ url: database.url, slot: 'another' });
  await other.apply(setAside(letter()));
  const position = async () =>
    (
      await database.client.query(
        'SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = $1',
        [database.slot],
      )
    ).rows;
  const before = await position();
  await using command = await commandFor(database);
  for (const args of [[], ['--table', 'public.t', one], ['--all', one]])
    expect((await command.end('dead-letters', 'discard', ...args)).code, args.join(' ')).toBe(64);
  expect((await command.end('dead-letters', 'discard', one, '987654')).code).toBe(64);
  expect(await rows(database)).toHaveLength(4);
  const discarded = await command.end('dead-letters', 'discard', one, two);
  expect(discarded.stdout).toBe(
    `discarded: 2\n  ${one}  public.t 1: refused\n  ${two}  public.t 2: refused\n`,
  );
  const { json } = await command.end('dead-letters', 'discard', '--all', '--json');
  expect(json).toMatchObject({ discarded: [{ objectID: '3' }] });
  expect((await rows(database)).map(({ slot_name }) => slot_name)).toEqual(['another']);
  expect(await position()).toEqual(before);
});

test('before setup has made the table: 78 and the remedy, but status has nothing against it', async () => {
  await using database = await createDatabase();
  await createSlot(database);
  await using command = await commandFor(database);
  for (const args of [['list'], ['show', '1'], ['retry', '--all'], ['discard', '--all']]) {
    const { code, stderr } = await command.end('dead-letters', ...args);
    expect(code, args.join(' ')).toBe(78);
    expect(stderr).toMatch(/remedy: Run `wal2algolia setup`/);
  }
  expect((await command.end('status', '--json')).json).toMatchObject({ records: { deadLetters: 0 } });
  expect((await command.end('status')).stdout).toMatch(/^dead letters +none$/m);
  await withLetters(database, letter(), letter({ objectID: '2' }), letter({ table: 'public.u', index: 'u' }));
  expect((await command.end('status', '--json')).json).toMatchObject({ records: { deadLetters: 3 } });
  expect((await command.end('status')).stdout).toMatch(/^dead letters +2 of public\.t, 1 of public\.u$/m);
});
