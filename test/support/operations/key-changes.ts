import { holds, type OperationCase, recordsSql, sent } from './operation-case.ts';

const tables = { 'public.t': { index: 't' } };
const expected = { t: recordsSql('t') };
const schema = 'CREATE TABLE t (id int PRIMARY KEY, note text)';
const rows = (from: number, to: number): string =>
  `INSERT INTO t SELECT n, 'note ' || n FROM generate_series(${from}, ${to}) n`;
const encoded = (column: string): string => `replace(replace(${column}::text, '%', '%25'), ':', '%3A')`;

/** Such a key cannot be a replica identity, so the whole old row is. */
const deferrable = `CREATE TABLE t (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, note text);
  ALTER TABLE t REPLICA IDENTITY FULL`;

export const keyChanges: readonly OperationCase[] = [
  {
    name: 'a key of one column',
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected,
    before: [rows(1, 10)],
    during: [
      'UPDATE t SET id = id + 100 WHERE id <= 5',
      `UPDATE t SET id = -id, note = 'negative' WHERE id = 6`,
      rows(1, 2),
    ],
    after: ['UPDATE t SET id = id + 1000 WHERE id = 101'],
    shows: { 'old keys are sent': sent(`tag = 'U' AND old = 'K'`, 7) },
  },
  {
    name: 'a key of two columns',
    schema: 'CREATE TABLE t (kind text, n int, note text, PRIMARY KEY (n, kind))',
    publication: 'FOR TABLE t',
    tables: { 'public.t': { index: 't', objectID: ['kind', 'n'] } },
    expected: { t: recordsSql('t', { objectID: `${encoded('kind')} || ':' || n` }) },
    before: [`INSERT INTO t SELECT 'a:b%', n, 'first' FROM generate_series(1, 6) n`],
    during: [
      `UPDATE t SET kind = 'a', note = 'kind' WHERE n = 1`,
      `UPDATE t SET n = n + 10 WHERE n = 2`,
      `UPDATE t SET kind = '%3A:', n = 13 WHERE n = 3`,
      `INSERT INTO t VALUES ('a:b%', 1, 'again')`,
    ],
    after: [`DELETE FROM t WHERE n IN (12, 4)`],
    shows: { 'old keys are sent': sent(`tag = 'U' AND old = 'K'`, 3) },
  },
  {
    name: 'two rows swap their keys',
    schema: deferrable,
    publication: 'FOR TABLE t',
    tables,
    expected,
    before: [rows(1, 6)],
    during: [
      `BEGIN; UPDATE t SET id = 2 WHERE note = 'note 1'; UPDATE t SET id = 1 WHERE note = 'note 2'; COMMIT`,
      'UPDATE t SET id = 7 - id WHERE id IN (3, 4)',
      rows(7, 7),
    ],
    shows: {
      'they have swapped': `(SELECT array_agg(note ORDER BY id) FROM t WHERE id <= 4) = '{note 2,note 1,note 4,note 3}'`,
      'whole old rows are sent': sent(`tag = 'U' AND old = 'O'`, 4),
    },
  },
  {
    name: 'every row takes the key of the next',
    schema: deferrable,
    publication: 'FOR TABLE t',
    tables,
    expected,
    before: [rows(1, 20)],
    during: ['UPDATE t SET id = id + 1', rows(1, 1)],
    shows: {
      'the keys have moved on': `(SELECT count(*) FROM t WHERE note = 'note ' || id - 1) = 20`,
      'each takes a key that is taken': `(SELECT min(n) FROM wire WHERE tag = 'U' AND ${holds('note 1')}) < (SELECT min(n) FROM wire WHERE tag = 'U' AND ${holds('note 2')})`,
    },
  },
  {
    name: 'a new row takes the key of one that is deleted after it',
    schema: deferrable,
    publication: 'FOR TABLE t',
    tables,
    expected,
    before: [rows(1, 5)],
    during: [
      `BEGIN; INSERT INTO t VALUES (1, 'new'); DELETE FROM t WHERE id = 1 AND note = 'note 1'; COMMIT`,
      rows(6, 6),
    ],
    shows: {
      'the insert is sent before the delete': `(SELECT min(n) FROM wire WHERE tag = 'I' AND ${holds('new')}) < (SELECT min(n) FROM wire WHERE tag = 'D')`,
    },
  },
  {
    name: 'a new row is like one that is deleted after it',
    schema: `CREATE TABLE t (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED); ALTER TABLE t REPLICA IDENTITY FULL`,
    publication: 'setup',
    tables,
    expected,
    before: ['INSERT INTO t SELECT generate_series(1, 5)'],
    during: [
      'BEGIN; INSERT INTO t VALUES (1); DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t WHERE id = 1); COMMIT',
      'INSERT INTO t VALUES (6)',
    ],
    shows: {
      'the insert is sent before the delete': `(SELECT xid::text FROM wire WHERE tag = 'D') = (SELECT xid::text FROM wire WHERE tag = 'I' ORDER BY n DESC OFFSET 1 LIMIT 1)`,
    },
  },
  {
    name: 'a key that was deleted in the same transaction',
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected,
    before: [rows(1, 9)],
    during: [
      'BEGIN; DELETE FROM t WHERE id = 2; UPDATE t SET id = 2 WHERE id = 1; COMMIT',
      'BEGIN; UPDATE t SET id = 100 WHERE id = 3; UPDATE t SET id = 3 WHERE id = 4; UPDATE t SET id = 4 WHERE id = 100; COMMIT',
      `BEGIN; UPDATE t SET id = 200 WHERE id = 5; INSERT INTO t VALUES (5, 'new'); DELETE FROM t WHERE id = 200; COMMIT`,
      'BEGIN; UPDATE t SET id = 300 WHERE id = 6; UPDATE t SET id = 6 WHERE id = 300; COMMIT',
    ],
    after: ['DELETE FROM t WHERE id = 9'],
    shows: {
      'old keys are sent': sent(`tag = 'U' AND old = 'K'`, 7),
      'the keys are the old ones': `(SELECT array_agg(id || note ORDER BY id) FROM t) = '{2note 1,3note 4,4note 3,5new,6note 6,7note 7,8note 8}'`,
    },
  },
  {
    name: 'an objectID of some of the key columns, which two rows share for a moment',
    schema: 'CREATE TABLE t (id int, place int, note text, PRIMARY KEY (id, place))',
    publication: 'setup',
    tables,
    expected,
    before: [`INSERT INTO t SELECT n, n, 'note ' || n FROM generate_series(1, 6) n`],
    during: [
      `BEGIN; INSERT INTO t VALUES (1, 101, 'copied'); DELETE FROM t WHERE id = 1 AND place = 1; COMMIT`,
      'BEGIN; UPDATE t SET id = 3 WHERE place = 2; UPDATE t SET id = 2 WHERE place = 3; COMMIT',
      `INSERT INTO t VALUES (7, 7, 'new')`,
    ],
    shows: {
      'the insert is sent before the delete': `(SELECT min(n) FROM wire WHERE tag = 'I' AND ${holds('copied')}) < (SELECT min(n) FROM wire WHERE tag = 'D')`,
      'each objectID is there once': '(SELECT count(DISTINCT id) = count(*) FROM t)',
      'two rows have swapped theirs':
        '(SELECT array_agg(id ORDER BY place) FROM t WHERE place IN (2, 3)) = ARRAY[3, 2]',
    },
  },
];
