import { type OperationCase, recordsSql, sent } from './operation-case.ts';
import { partitioned, severalPartitions, viaRoot } from './partition-rows.ts';

const tables = { 'public.t': { index: 't' } };
const rows = (from: number, to: number): string =>
  `INSERT INTO t SELECT n, n % 20, 'note ' || n FROM generate_series(${from}, ${to}) n`;
/** Nothing is sent for rows that leave with their partition: their records stay as they were. */
const withThoseThatLeft = { t: `${recordsSql('t')} UNION ALL ${recordsSql('kept')}` };

/**
 * Postgres 14 decides once whether a table is published, and again only when some table of some publication changes; later ones do so at
 * every ALTER TABLE. Harmless there.
 */
const decideAnew = 'CREATE PUBLICATION nudge FOR TABLE t; DROP PUBLICATION nudge;';

export const partitionLifetimes: readonly OperationCase[] = [
  {
    name: 'an empty partition is attached',
    schema: partitioned,
    publication: viaRoot,
    tables,
    expected: { t: recordsSql('t') },
    before: [rows(1, 5)],
    during: [
      'CREATE TABLE later (part int NOT NULL, note text, id int NOT NULL)',
      'ALTER TABLE t ATTACH PARTITION later FOR VALUES FROM (20) TO (30)',
      `INSERT INTO t VALUES (21, 21, 'by the root')`,
      `INSERT INTO later (id, part, note) VALUES (22, 22, 'direct'), (23, 23, 'direct')`,
      `UPDATE t SET note = 'changed' WHERE id = 22`,
      'UPDATE t SET part = 24 WHERE id = 1',
      'DELETE FROM later WHERE id = 23',
    ],
    shows: { ...severalPartitions, 'rows lie in the new one': 'EXISTS (TABLE later)' },
  },
  {
    name: 'a partition with rows is attached: those rows are not sent',
    schema: partitioned,
    publication: viaRoot,
    tables,
    expected: { t: recordsSql('(SELECT * FROM t WHERE id NOT IN (27, 28))') },
    before: [rows(1, 5)],
    during: [
      'CREATE TABLE later (id int NOT NULL, part int NOT NULL, note text, PRIMARY KEY (id, part))',
      `INSERT INTO later VALUES (26, 26, 'early'), (27, 27, 'early'), (28, 28, 'early')`,
      `BEGIN; ALTER TABLE t ATTACH PARTITION later FOR VALUES FROM (20) TO (30); ${decideAnew} COMMIT`,
      `UPDATE t SET note = 'changed' WHERE id = 26`,
      `INSERT INTO t VALUES (29, 29, 'new')`,
    ],
    shows: { ...severalPartitions, 'rows lie in it unsent': `(SELECT count(*) FROM later) = 4` },
  },
  {
    name: 'a partition with rows is attached, and no more',
    majorMin: 15,
    schema: partitioned,
    publication: viaRoot,
    tables,
    expected: { t: recordsSql('(SELECT * FROM t WHERE id NOT IN (27, 28))') },
    before: [rows(1, 5)],
    during: [
      'CREATE TABLE later (id int NOT NULL, part int NOT NULL, note text, PRIMARY KEY (id, part))',
      `INSERT INTO later VALUES (26, 26, 'early'), (27, 27, 'early'), (28, 28, 'early')`,
      'ALTER TABLE t ATTACH PARTITION later FOR VALUES FROM (20) TO (30)',
      `UPDATE t SET note = 'changed' WHERE id = 26`,
      `INSERT INTO t VALUES (29, 29, 'new')`,
    ],
    shows: { ...severalPartitions, 'rows lie in it unsent': `(SELECT count(*) FROM later) = 4` },
  },
  {
    name: 'a partition is created in mid-stream, in a transaction with its rows',
    schema: partitioned,
    publication: 'setup',
    tables,
    expected: { t: recordsSql('t') },
    before: [rows(1, 5)],
    during: [
      `BEGIN; CREATE TABLE later PARTITION OF t FOR VALUES FROM (20) TO (30);
       INSERT INTO t VALUES (21, 21, 'at once'), (22, 5, 'elsewhere'); INSERT INTO later VALUES (23, 23, 'direct'); COMMIT`,
      'CREATE TABLE latest PARTITION OF t DEFAULT',
      `INSERT INTO t VALUES (900, 900, 'far')`,
      'BEGIN; CREATE TABLE never PARTITION OF t FOR VALUES FROM (30) TO (40); INSERT INTO t VALUES (31, 31); ROLLBACK',
    ],
    after: [`UPDATE t SET part = 25 WHERE id = 2`],
    shows: {
      ...severalPartitions,
      'rows lie in the new ones': 'EXISTS (TABLE later) AND EXISTS (TABLE latest)',
    },
  },
  {
    name: 'a partition is detached: its records stay, and are followed no more',
    schema: partitioned,
    publication: viaRoot,
    tables,
    expected: withThoseThatLeft,
    before: [rows(1, 30)],
    during: [
      `UPDATE t SET note = 'before it left' WHERE id = 11`,
      `BEGIN; ALTER TABLE t DETACH PARTITION high; ${decideAnew} COMMIT`,
      'CREATE TABLE kept AS SELECT id, part, note FROM high',
      `UPDATE high SET note = 'unheard'`,
      'DELETE FROM high WHERE id = 12',
      `INSERT INTO high (id, part, note) VALUES (99, 15, 'unheard')`,
      `UPDATE t SET note = 'heard' WHERE id = 1`,
    ],
    after: ['CREATE TABLE high_again PARTITION OF t FOR VALUES FROM (10) TO (20)', rows(31, 32)],
    shows: {
      ...severalPartitions,
      'records stay that no row stands for': 'EXISTS (SELECT id FROM kept EXCEPT SELECT id FROM t)',
      'what happens to it is not sent': sent(`position('unheard'::bytea IN data) > 0`, 0),
    },
  },
  {
    name: 'a partition is dropped: its records stay',
    schema: partitioned,
    publication: viaRoot,
    tables,
    expected: withThoseThatLeft,
    before: [rows(1, 30)],
    during: [
      rows(50, 54),
      'CREATE TABLE kept AS SELECT id, part, note FROM high',
      'DROP TABLE high',
      'CREATE TABLE high PARTITION OF t FOR VALUES FROM (10) TO (20)',
      rows(71, 72),
      `UPDATE t SET note = 'changed' WHERE id = 1`,
    ],
    shows: {
      ...severalPartitions,
      'records stay that no row stands for': 'EXISTS (SELECT id FROM kept EXCEPT SELECT id FROM t)',
      'nothing is sent for them': sent(`tag IN ('D', 'T')`, 0),
    },
  },
  {
    name: 'a leaf is truncated: nothing is sent, its records stay; the root is truncated: all go',
    schema: `${partitioned}; CREATE TABLE kept (id int, part int, note text)`,
    publication: 'FOR TABLE t WITH (publish_via_partition_root = true)',
    tables,
    expected: withThoseThatLeft,
    before: [rows(1, 30)],
    during: ['TRUNCATE t', rows(31, 60), 'INSERT INTO kept SELECT id, part, note FROM low', 'TRUNCATE low'],
    after: [`INSERT INTO t VALUES (90, 5, 'new')`, `UPDATE t SET note = 'changed' WHERE id = 35`],
    shows: {
      ...severalPartitions,
      'only the truncation of the root is sent': sent(`tag = 'T'`, 1),
      'records stay that no row stands for': 'EXISTS (SELECT id FROM kept EXCEPT SELECT id FROM t)',
    },
  },
];
