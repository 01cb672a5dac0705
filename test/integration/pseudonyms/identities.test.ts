import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Secret } from '../../../src/config/secret.ts';
import { Pseudonyms } from '../../../src/records/pseudonyms.ts';
import { createDatabase } from '../../support/postgres.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { commandFor } from '../cli/dead-letter-case.ts';

const KEYS = [
  { id: '2025', secret: 'o'.repeat(32) },
  { id: '2026', from: '2026-01-01T00:00:00.000002Z', secret: 'n'.repeat(32) },
];
const pseudonyms = new Pseudonyms(
  KEYS.map(({ id, secret }, at) => ({ id, fromMicros: at, secret: new Secret(secret) })),
);

type Line = Record<'pseudonym' | 'label' | 'kind' | 'key' | 'original', string>;

/** What a line must be, of `kind|original|key`. */
function line(text: string): Line {
  const [kind = '', original = '', key = ''] = text.split('|');
  const pseudonym = pseudonyms.of(kind, original, key === '2026' ? 1 : 0);
  return { pseudonym, label: pseudonyms.label(pseudonym), kind, key, original };
}

const lines = (...texts: string[]): Line[] => texts.map(line);

test('tells the original of every pseudonym, once per key under which rows have it', async () => {
  await using database = await createDatabase();
  await database.client.query(`CREATE TABLE t (
      id int PRIMARY KEY, at timestamptz, actor text, padded char(4), flag boolean, members text[],
      target_type text, target_id int, data jsonb, plain json);
    INSERT INTO t VALUES
      (1, '2026-01-01T00:00:00.000001Z', 'ann', 'ab', true, '{x,"y,z",NULL}', 'user', 7, '{"by": {"id": 7}}', '{"k": [1e2, "é\\u00e9", null, {"no": 1}]}'),
      (2, '2026-01-01T00:00:00.000002Z', 'ann', NULL, NULL, '{}', 'User', 7, '{"by": {"id": "ann"}}', '{"k": "old", "k": "new"}'),
      (3, NULL, '-5', 'ab', false, NULL, NULL, 8, '{"by": {"id": null}}', '[]'),
      (4, 'infinity', E'=1+"\\n"', 'ab', NULL, NULL, 'user', NULL, '{"by": 1}', NULL),
      (5, '-infinity', '', NULL, NULL, NULL, 'user', 7, '[]', '{"k": "\\u0000"}'),
      (6, '0044-03-15 BC', 'ann', NULL, NULL, NULL, NULL, NULL, NULL, NULL)`);
  const part = { column: 'data', path: 'by.id' };
  await using command = await commandFor(database, undefined, {
    pseudonyms: { keys: KEYS },
    tables: {
      'public.t': {
        index: 't',
        time: 'at',
        attributes: {
          actor: { column: 'actor', pseudonym: 'user', label: 'actor_label' },
          padded: { column: 'padded', pseudonym: 'code' },
          flag: { column: 'flag', pseudonym: 'flag' },
          members: { column: 'members', pseudonym: 'member' },
          target: { column: 'target_id', pseudonym: { column: 'target_type' } },
          by: { ...part, pseudonym: 'user' },
          plain: { column: 'plain', path: 'k', pseudonym: 'part' },
        },
      },
    },
  });
  const wanted = lines(
    '|8|2025',
    'User|7|2026',
    'code|ab  |2025',
    'code|ab  |2026',
    'flag|f|2025',
    'flag|t|2025',
    'member|x|2025',
    'member|y,z|2025',
    'part|1e2|2025',
    'part|new|2026',
    'part|éé|2025',
    'user||2025',
    'user|-5|2025',
    'user|7|2025',
    'user|=1+"\n"|2026',
    'user|ann|2025',
    'user|ann|2026',
  );
  const json = await command.end('identities', 'export', '--format', 'json');
  expect(json.code, json.stderr).toBe(0);
  expect(JSON.parse(json.stdout)).toEqual(wanted);
  expect(json.stderr).toMatch(/^17 pseudonyms with what they stand for\.\nThis is the secret/);
  const kind = await command.end('identities', 'export', '--format', 'json', '--kind', 'User');
  expect(JSON.parse(kind.stdout)).toEqual(lines('User|7|2026'));
  const none = await command.end('identities', 'export', '--format', 'json', '--kind', `no'ne`);
  expect([none.code, JSON.parse(none.stdout)]).toEqual([0, []]);
  const csv = await command.end('identities', 'export');
  expect(csv.stdout.split('\r\n').slice(0, 2)).toEqual([
    'pseudonym,label,kind,key,original',
    `${wanted[0]?.pseudonym},${wanted[0]?.label},,2025,8`,
  ]);
  expect(csv.stdout).toContain(`,user,2026,"'=1+""\n"""\r\n`);
  expect(csv.stdout).toContain(',user,2025,-5\r\n');
});

test('those in documents that are compared are among them, in lists and at any depth', async () => {
  await using database = await createDatabase();
  await database.client.query(`CREATE TABLE t (id int PRIMARY KEY, before jsonb, after json);
    INSERT INTO t VALUES
      (1, NULL, '{"assignee_id": 1, "team": {"a": {"lead": "l1"}, "b": [{"lead": "l2"}]}, "x": [{"y": {"owner_id": "deep"}}]}'),
      (2, '{"assignee_id": ["a", null, true], "owner_id": {"no": 1}, "it''s \\"so\\"": "quoted", "items": [{"by": "i"}]}', NULL),
      (3, '"assignee_id"', '{"assignee_id": "\\u0000"}')`);
  const kinds = { assignee_id: 'user', '**.owner_id': 'user', 'team.*.lead': 'lead', 'items.by': 'item' };
  const pseudonyms = { ...kinds, '"it\'s \\"so\\""': 'q' };
  await using command = await commandFor(database, undefined, {
    tables: {
      'public.t': {
        index: 't',
        attributes: { changes: { changes: { before: 'before', after: 'after', pseudonyms } } },
      },
    },
    pseudonyms: { keys: KEYS.slice(0, 1) },
  });
  const { stdout, stderr } = await command.end('identities', 'export', '--format', 'json');
  expect(JSON.parse(stdout), stderr).toEqual(
    lines(
      'item|i|2025',
      'lead|l1|2025',
      'lead|l2|2025',
      'q|quoted|2025',
      'user|1|2025',
      'user|a|2025',
      'user|deep|2025',
      'user|true|2025',
    ),
  );
});

test('finds the key by times without a zone, by days, and without any where there is one key', async () => {
  await using database = await createDatabase();
  await database.client.query(`CREATE TABLE a (id int, at timestamp, actor text); CREATE TABLE b (id int, at date, actor text);
    CREATE TABLE c (id int, at timestamp, actor text);
    INSERT INTO a VALUES (1, '2026-01-01 01:00:00.000001', 'berlin-old'), (2, '2026-01-01 01:00:00.000002', 'berlin-new');
    INSERT INTO b VALUES (1, '2026-01-01', 'day-old'), (2, '2026-01-02', 'day-new'), (3, '5874897-12-31', 'last-day');
    INSERT INTO c VALUES (1, '2026-01-01 00:00:00.000001', 'utc-old'), (2, '2026-01-01 00:00:00.000002', 'utc-new')`);
  const actor = { column: 'actor', pseudonym: 'user' };
  const tables = {
    'public.a': {
      index: 'a',
      attributes: { actor, occurred_at: { column: 'at', timeZone: 'Europe/Berlin' } },
    },
    'public.b': { index: 'b', attributes: { actor }, time: 'at' },
    'public.c': { index: 'c', attributes: { actor, occurred_at: 'at' } },
  };
  await using command = await commandFor(database, undefined, { tables, pseudonyms: { keys: KEYS } });
  const { stdout, stderr } = await command.end('identities', 'export', '--format', 'json');
  expect(JSON.parse(stdout), stderr).toEqual(
    lines(
      'user|berlin-new|2026',
      'user|berlin-old|2025',
      'user|day-new|2026',
      'user|day-old|2025',
      'user|last-day|2026',
      'user|utc-new|2026',
      'user|utc-old|2025',
    ),
  );
  await using single = await commandFor(database, undefined, {
    tables: { 'public.b': { index: 'b', attributes: { actor } } },
    pseudonyms: { keys: KEYS.slice(0, 1) },
  });
  const one = await single.end('identities', 'export', '--format', 'json');
  expect(JSON.parse(one.stdout)).toEqual(
    lines('user|day-new|2025', 'user|day-old|2025', 'user|last-day|2025'),
  );
});

test('a file is whole and for its owner alone; many rows come a thousand at a time', async () => {
  await using database = await createDatabase();
  await using directory = await scratchDirectory();
  await database.client.query(`CREATE TABLE t (id int, actor int);
    INSERT INTO t SELECT g, g % 2500 FROM generate_series(1, 5000) g`);
  const tables = { 'public.t': { index: 't', attributes: { who: { column: 'actor', pseudonym: 'user' } } } };
  await using command = await commandFor(database, undefined, {
    tables,
    pseudonyms: { keys: KEYS.slice(0, 1) },
  });
  const file = join(directory.path, 'people.json');
  await writeFile(file, 'older', { mode: 0o644 });
  const args = ['identities', 'export', '--format', 'json', '--output'];
  const { code, stdout, stderr } = await command.end(...args, file);
  expect([code, stdout], stderr).toEqual([0, '']);
  expect(stderr).toContain('2,500 pseudonyms with what they stand for, in a file that only you can read.');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const people = JSON.parse(await readFile(file, 'utf8')) as Line[];
  expect(people).toHaveLength(2500);
  expect(new Set(people.map(({ pseudonym }) => pseudonym)).size).toBe(2500);
  expect(people[0]).toEqual(line('user|0|2025'));
  const nowhere = await command.end(...args, join(directory.path, 'none', 'people.json'));
  expect(nowhere.code).toBe(64);
  expect(nowhere.stderr).toContain('--output: the file cannot be written (ENOENT)');
});

test('is refused without pseudonyms, a table or a column', async () => {
  await using database = await createDatabase();
  const attributes = { who: { column: 'actor', pseudonym: 'user' } };
  const refusal = async (tables: object, pseudonyms = { keys: KEYS.slice(0, 1) }) => {
    await using command = await commandFor(database, undefined, { tables, pseudonyms } as never);
    const { code, stdout, stderr } = await command.end('identities', 'export');
    return [code, stdout.includes('mallory'), stderr.split('\n')[0]];
  };
  expect(await refusal({ 'public.t': { index: 't' } })).toEqual([
    78,
    false,
    'error: no attribute is a pseudonym, so there is nothing to tell',
  ]);
  const tables = { 'public.t': { index: 't', attributes } };
  expect(await refusal(tables)).toEqual([78, false, 'error: there is no table public.t']);
  await database.client.query(`CREATE TABLE t (id int); INSERT INTO t VALUES (1)`);
  expect(await refusal(tables)).toEqual([
    78,
    false,
    'error: public.t has no column "actor", of which pseudonyms are made',
  ]);
});
