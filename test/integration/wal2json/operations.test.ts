import { expect, test } from 'vitest';
import type { TableConfig } from '../../../src/config/schema.ts';
import { createBothSlots, type Stream, streamBoth } from './both-plugins.ts';
import { sql } from './wal2json-case.ts';

/** Larger than what Postgres keeps within a row, and does not compress well. */
const TOASTED = `(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 400) n)`;
const table: TableConfig = { index: 'i', objectID: ['id'] };

/** What both of them say, asserted to be the same. */
async function same(names: readonly string[] = ['t'], config = table): Promise<Stream> {
  const tables = Object.fromEntries(names.map((name) => [`public.${name}`, { ...config, index: name }]));
  const { pgoutput, wal2json } = await streamBoth(tables);
  expect(wal2json.messages).toEqual(pgoutput.messages);
  expect(wal2json.records).toEqual(pgoutput.records);
  return wal2json;
}

const tagsOf = ({ messages }: Stream): unknown => (messages as { tag: string }[]).map(({ tag }) => tag);

test('inserts, updates, changed keys, deletes, rollbacks, savepoints', async () => {
  await sql('CREATE TABLE t (id int PRIMARY KEY, note text)');
  await createBothSlots();
  await sql(`INSERT INTO t SELECT n, 'note ' || n FROM generate_series(1, 20) n`);
  await sql(`UPDATE t SET note = NULL WHERE id % 3 = 0`);
  await sql('UPDATE t SET id = id + 100 WHERE id % 4 = 0');
  await sql('DELETE FROM t WHERE id % 5 = 0');
  await sql('BEGIN; INSERT INTO t VALUES (200); ROLLBACK');
  await sql(
    'BEGIN; INSERT INTO t VALUES (201); SAVEPOINT s; INSERT INTO t VALUES (202); ROLLBACK TO s; COMMIT',
  );
  const { messages } = await same();
  expect(messages).toHaveLength(49);
});

test.each([
  ['default', 'DEFAULT'],
  ['full', 'FULL'],
  ['of an index', 'USING INDEX by_code'],
])('replica identity %s', async (_name, identity) => {
  await sql('CREATE TABLE t (id int PRIMARY KEY, code text NOT NULL, note text)');
  await sql(`CREATE UNIQUE INDEX by_code ON t (code); ALTER TABLE t REPLICA IDENTITY ${identity}`);
  await createBothSlots();
  await sql(`INSERT INTO t VALUES (1, 'a', 'new'), (2, 'b', NULL)`);
  await sql(`UPDATE t SET note = 'changed'`);
  await sql(`UPDATE t SET code = code || '!', id = id + 10`);
  await sql('DELETE FROM t WHERE id = 11');
  await same(['t'], { ...table, objectID: [identity.endsWith('by_code') ? 'code' : 'id'] });
});

test.each(['DEFAULT', 'FULL'])(
  'unchanged TOAST with replica identity %s: alone, with a changed key, in the key',
  async (identity) => {
    await sql(
      `CREATE TABLE t (id text PRIMARY KEY, note text, large text); ALTER TABLE t REPLICA IDENTITY ${identity}`,
    );
    await sql('ALTER TABLE t ALTER large SET STORAGE EXTERNAL, ALTER id SET STORAGE EXTERNAL');
    await createBothSlots();
    await sql(`INSERT INTO t SELECT 'a', 'new', ${TOASTED}`);
    await sql(`INSERT INTO t SELECT left(${TOASTED}, 2500), 'new', ${TOASTED}`);
    await sql(`UPDATE t SET note = 'changed'`);
    await sql(`UPDATE t SET id = 'b' WHERE id = 'a'`);
    await sql('DELETE FROM t');
    const { messages } = await same();
    const updates = (messages as { tag: string; new?: unknown[] }[]).filter(({ tag }) => tag === 'update');
    expect(updates.map((update) => update.new?.[2])).toEqual([undefined, undefined, undefined]);
  },
);

test('TRUNCATE of one table and of several, in order with the rows', async () => {
  await sql('CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY REFERENCES t)');
  await createBothSlots();
  await sql('INSERT INTO t VALUES (1)');
  await sql('BEGIN; TRUNCATE t CASCADE; INSERT INTO t VALUES (2); TRUNCATE u; COMMIT');
  const said = tagsOf(await same(['t', 'u']));
  expect(said).toEqual(
    ['begin insert commit', 'begin truncate truncate insert truncate commit', 'begin message commit']
      .join(' ')
      .split(' '),
  );
});

test('logical messages, whatever their prefix, inside transactions and outside', async () => {
  await sql('CREATE TABLE t (id int PRIMARY KEY)');
  await createBothSlots();
  await sql(`SELECT pg_logical_emit_message(false, 'a', 'outside "1" \\ é')`);
  await sql(
    `BEGIN; SELECT pg_logical_emit_message(true, 'b', E'inside\\n2'); INSERT INTO t VALUES (1); COMMIT`,
  );
  expect(tagsOf(await same())).toEqual('message begin message insert commit begin message commit'.split(' '));
});

test('ALTER TABLE between changes, all of it read when it is long done: the records are the same', async () => {
  await sql('CREATE TABLE t (id int PRIMARY KEY, note text, n numeric(10,2))');
  await createBothSlots();
  await sql(`INSERT INTO t VALUES (1, 'first', 1.10)`);
  await sql('ALTER TABLE t ADD extra jsonb');
  await sql(`UPDATE t SET extra = '{"n": 1.10}'`);
  await sql('ALTER TABLE t RENAME note TO remark');
  await sql(`UPDATE t SET remark = 'second'; INSERT INTO t VALUES (2, 'third')`);
  await sql('ALTER TABLE t ALTER n TYPE numeric(30,2)');
  await sql(`UPDATE t SET n = 2; INSERT INTO t VALUES (3, 'fourth', 12345678901234567890.12)`);
  await sql('ALTER TABLE t DROP extra; ALTER TABLE t REPLICA IDENTITY FULL');
  await sql(`INSERT INTO t VALUES (4, 'fifth'); UPDATE t SET remark = 'sixth', id = id + 10`);
  await sql('DELETE FROM t WHERE id = 11; ALTER TABLE t REPLICA IDENTITY DEFAULT; DELETE FROM t');
  const tables = { 'public.t': { ...table, attributes: { n: 'n' } } };
  const { pgoutput, wal2json } = await streamBoth(tables);
  expect(wal2json.records).toEqual(pgoutput.records);
  expect(wal2json.records).toHaveLength(20);
});

test('names that wal2json would split or take for wildcards', async () => {
  const names = ['a, b', 'c.d', '*', 'e\\f', `g'h"i`, ' tab\there', 'plain'];
  await sql(
    'CREATE TABLE other (id int PRIMARY KEY); CREATE SCHEMA "x.y"; CREATE TABLE "x.y"."*" (id int PRIMARY KEY)',
  );
  for (const name of names) await sql(`CREATE TABLE "${name.replaceAll('"', '""')}" (id int PRIMARY KEY)`);
  const list = names.map((name) => `"${name.replaceAll('"', '""')}"`).join(', ');
  await createBothSlots(`TABLE ${list}`);
  await sql('INSERT INTO other VALUES (1); INSERT INTO "x.y"."*" VALUES (1)');
  for (const name of names) await sql(`INSERT INTO "${name.replaceAll('"', '""')}" VALUES (1)`);
  const { records } = await same(names);
  expect(records).toHaveLength(names.length);
});
