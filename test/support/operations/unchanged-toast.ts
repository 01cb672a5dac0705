import { type OperationCase, recordsSql, sent } from './operation-case.ts';

const tables = { 'public.t': { index: 't' } };
const expected = { t: recordsSql('t') };
const create = `CREATE TABLE t (id int PRIMARY KEY, note text, doc jsonb); ALTER TABLE t ALTER doc SET STORAGE EXTERNAL`;
const common = { schema: create, publication: 'FOR TABLE t', tables, recordBytesMax: 100_000, expected };
/** 20 kB that stay out of the row, and differ from row to row. */
const large = `jsonb_build_object('text', (SELECT string_agg(md5(n || '/' || g), '') FROM generate_series(1, 640) g))`;
const rows = (from: number, to: number): string =>
  `INSERT INTO t SELECT n, 'note ' || n, ${large} FROM generate_series(${from}, ${to}) n;`;
const notWhole = (count: number) => ({
  'updates leave out the large column': sent(`tag = 'U' AND size < 1000`, count),
  'the rows came with it': sent(`tag = 'I' AND size > 20000`),
});

export const unchangedToast: readonly OperationCase[] = [
  {
    ...common,
    name: 'alone',
    before: [rows(1, 3)],
    during: [`UPDATE t SET note = 'changed' WHERE id = 1`],
    shows: notWhole(1),
  },
  {
    ...common,
    name: 'together with a key change',
    before: [rows(1, 3)],
    during: [
      'UPDATE t SET id = 101 WHERE id = 1',
      `UPDATE t SET id = 102, note = 'moved' WHERE id = 2`,
      rows(1, 1),
    ],
    shows: notWhole(2),
  },
  {
    ...common,
    name: 'coalesced with other changes of its key in one batch',
    before: [rows(1, 4)],
    during: [
      `BEGIN; UPDATE t SET note = 'second' WHERE id = 1; UPDATE t SET doc = '{"small": 1.10}' WHERE id = 1; UPDATE t SET note = 'third' WHERE id = 1;
       UPDATE t SET doc = doc || '{"more": true}' WHERE id = 2; UPDATE t SET note = 'again' WHERE id = 2; UPDATE t SET note = 'and again' WHERE id = 2;
       UPDATE t SET id = 103 WHERE id = 3; UPDATE t SET note = 'moved' WHERE id = 103; UPDATE t SET id = 3 WHERE id = 103; COMMIT`,
      `UPDATE t SET note = 'too' WHERE id = 4`,
    ],
    shows: notWhole(9),
  },
  {
    ...common,
    name: 'in a row that is deleted later in the batch',
    before: [rows(1, 4)],
    during: [
      `BEGIN; UPDATE t SET note = 'second' WHERE id = 1; DELETE FROM t WHERE id = 1; UPDATE t SET note = 'x' WHERE id = 2; DELETE FROM t WHERE id = 2;
       INSERT INTO t VALUES (2, 'new', NULL); UPDATE t SET note = 'x' WHERE id = 3; UPDATE t SET id = 103 WHERE id = 3; COMMIT`,
    ],
    after: [`UPDATE t SET note = 'later' WHERE id = 4`, 'DELETE FROM t WHERE id = 4'],
    shows: { ...notWhole(5), 'deletes are sent': sent(`tag = 'D'`, 3) },
  },
  {
    ...common,
    name: 'of many rows, several times',
    before: [rows(1, 40)],
    during: [
      `DO $$ BEGIN FOR round IN 1..4 LOOP UPDATE t SET note = 'round ' || round WHERE id > 10; COMMIT; END LOOP; END $$`,
    ],
    after: [`UPDATE t SET note = note || '!' WHERE id < 5`],
    shows: notWhole(124),
  },
  {
    ...common,
    name: 'with REPLICA IDENTITY FULL the old row brings it',
    schema: `${create}; ALTER TABLE t REPLICA IDENTITY FULL`,
    before: [rows(1, 4)],
    during: [
      `UPDATE t SET note = 'changed' WHERE id = 1`,
      `UPDATE t SET id = 102, note = 'moved' WHERE id = 2`,
      `BEGIN; UPDATE t SET note = 'x' WHERE id = 3; DELETE FROM t WHERE id = 3; COMMIT`,
    ],
    shows: {
      'it travels once, with the old row': sent(
        `tag = 'U' AND old = 'O' AND size BETWEEN 20000 AND 30000`,
        3,
      ),
    },
  },
  {
    ...common,
    name: 'in partitions, where rows move with it',
    schema: `CREATE TABLE t (id int PRIMARY KEY, note text, doc jsonb) PARTITION BY RANGE (id);
      CREATE TABLE low (doc jsonb, note text, id int NOT NULL); ALTER TABLE low ALTER doc SET STORAGE EXTERNAL;
      ALTER TABLE t ATTACH PARTITION low FOR VALUES FROM (0) TO (100); CREATE TABLE high PARTITION OF t DEFAULT; ALTER TABLE high ALTER doc SET STORAGE EXTERNAL`,
    publication: 'setup',
    before: [rows(1, 4)],
    during: [
      `UPDATE t SET note = 'changed' WHERE id = 1`,
      `UPDATE low SET note = 'direct' WHERE id = 2`,
      'UPDATE t SET id = 103 WHERE id = 3',
    ],
    shows: { ...notWhole(2), 'the row that moves is whole': sent(`tag = 'I' AND size > 20000`, 5) },
  },
  {
    ...common,
    name: 'before a truncation, and of rows behind it',
    before: [rows(1, 4)],
    during: [
      `BEGIN; UPDATE t SET note = 'x'; TRUNCATE t; ${rows(2, 3)} UPDATE t SET note = 'y' WHERE id = 2; COMMIT`,
    ],
    shows: { ...notWhole(5), 'it is sent': sent(`tag = 'T'`, 1) },
  },
  {
    ...common,
    name: 'of a column that is not wanted',
    tables: { 'public.t': { index: 't', attributes: { id: 'id', text: 'note' } } },
    expected: { t: recordsSql('t', { attributes: `jsonb_build_object('id', id, 'text', note)` }) },
    before: [rows(1, 3)],
    during: [`UPDATE t SET note = 'changed' WHERE id = 1`, `UPDATE t SET id = 102 WHERE id = 2`],
    shows: notWhole(2),
  },
];
