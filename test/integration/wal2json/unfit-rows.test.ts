import { expect, test } from 'vitest';
import type { TableConfig } from '../../../src/config/schema.ts';
import { createBothSlots, type Stream, streamBoth } from './both-plugins.ts';
import { sql } from './wal2json-case.ts';

/** What both plugins say of the table, asserted to be the same: the parts of interest of each step. */
async function same(more: Partial<TableConfig> = {}): Promise<readonly unknown[]> {
  const table: TableConfig = { index: 't', objectID: ['id'], ...more };
  const { pgoutput, wal2json } = await streamBoth({ 'public.t': table });
  expect(wal2json.records).toEqual(pgoutput.records);
  return outline(wal2json);
}

function outline({ records }: Stream): readonly unknown[] {
  return records.map((text) => {
    if (!text.startsWith('{')) return text;
    const { action, body, kind, objectID, problem, place } = JSON.parse(text);
    return action === undefined ? [kind, objectID, problem, place] : [action, body.objectID, body._cut];
  });
}

test('rows whose key has a NULL part: inserted, updated, given a key, deprived of it, deleted', async () => {
  await sql('CREATE TABLE t (id int, kind text, note text); ALTER TABLE t REPLICA IDENTITY FULL');
  await createBothSlots();
  await sql(`INSERT INTO t VALUES (1, 'a', 'é "x"'), (NULL, 'a', NULL), (1, NULL, 'y'), (NULL, NULL, NULL)`);
  await sql(`UPDATE t SET note = 'changed' WHERE kind IS NULL`);
  await sql(`UPDATE t SET kind = 'b' WHERE id = 1 AND kind IS NULL`);
  await sql(`UPDATE t SET id = NULL WHERE kind = 'b'`);
  await sql('DELETE FROM t WHERE id IS NULL');
  const keyless = (place: number) => ['unfit', undefined, 'no-object-id', place];
  expect(await same({ objectID: ['kind', 'id'] })).toEqual([
    ['updateObject', 'a:1', undefined],
    ...[keyless(1), keyless(2), keyless(3)],
    ...[keyless(1), keyless(2)],
    ['updateObject', 'b:1', undefined],
    ...['refresh', keyless(1)],
  ]);
});

test('rows that are too large are set aside, or cut in the same way', async () => {
  await sql('CREATE TABLE t (id int PRIMARY KEY, a text, b jsonb, c bytea, d text[])');
  await createBothSlots();
  await sql(`INSERT INTO t VALUES (1, repeat('é"\\', 100000), NULL, NULL, NULL),
    (2, NULL, to_jsonb(repeat('x', 200000)), NULL, NULL),
    (3, NULL, NULL, decode(repeat('ab', 100000), 'hex'), NULL),
    (4, NULL, NULL, NULL, array_fill('"'::text, ARRAY[60000])), (5, NULL, NULL, NULL, NULL)`);
  const whole = ['updateObject', '5', undefined];
  expect(await same()).toEqual([
    ...['1', '2', '3', '4'].map((id) => ['unfit', id, 'too-large', undefined]),
    whole,
  ]);
  expect(await same({ oversize: 'cut' })).toEqual([
    ...['a', 'b', 'c', 'd'].map((name, index) => ['updateObject', String(index + 1), [name]]),
    whole,
  ]);
});
