import { type OperationCase, recordsSql, sent } from './operation-case.ts';

const tables = { 'public.t': { index: 't' } };
const expected = { t: recordsSql('t') };
export const partitioned = `CREATE TABLE t (id int, part int, note text, PRIMARY KEY (id, part)) PARTITION BY RANGE (part);
  CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (10);
  CREATE TABLE high (note text, part int NOT NULL, extra int, id int NOT NULL, PRIMARY KEY (id, part));
  ALTER TABLE high DROP extra; ALTER TABLE t ATTACH PARTITION high FOR VALUES FROM (10) TO (20)`;
export const viaRoot = 'FOR TABLE t WITH (publish_via_partition_root = true)';
export const severalPartitions = {
  'rows lie in several partitions': '(SELECT count(DISTINCT tableoid) FROM t) > 1',
  'their changes come as those of the root': `NOT EXISTS (SELECT FROM wire WHERE tag IN ('I', 'U', 'D')
     AND substr(data, 2, 4) <> int4send('t'::regclass::oid::int4))`,
};
const rows = (from: number, to: number): string =>
  `INSERT INTO t SELECT n, n % 20, 'note ' || n FROM generate_series(${from}, ${to}) n`;

export const partitionRows: readonly OperationCase[] = [
  {
    name: 'rows by way of the root and of the leaves',
    schema: partitioned,
    publication: 'setup',
    tables,
    expected,
    before: [rows(1, 40)],
    during: [
      `INSERT INTO low VALUES (101, 1, 'direct')`,
      `INSERT INTO high (id, part, note) VALUES (102, 11, 'direct')`,
      `UPDATE high SET note = 'direct' WHERE id = 31`,
      `UPDATE t SET note = 'by the root' WHERE id % 4 = 0`,
      'UPDATE t SET id = id + 200 WHERE id IN (5, 15)',
      'DELETE FROM low WHERE id = 2',
      'DELETE FROM t WHERE id = 12',
    ],
    after: ['DELETE FROM high WHERE id = 14'],
    shows: {
      ...severalPartitions,
      'partitions have their columns in another order': `(SELECT attnum FROM pg_attribute WHERE attrelid = 'high'::regclass AND attname = 'id') = 4`,
    },
  },
  {
    name: 'a row moves to another partition',
    schema: partitioned,
    publication: viaRoot,
    tables,
    expected,
    before: [rows(1, 30)],
    during: [
      'UPDATE t SET part = 19 - part WHERE id IN (1, 2, 11)',
      `BEGIN; UPDATE t SET part = 15, note = 'there' WHERE id = 3; UPDATE t SET part = 5, note = 'and back' WHERE id = 3; COMMIT`,
      `UPDATE t SET id = 104, part = 14, note = 'with a new key' WHERE id = 4`,
      `BEGIN; UPDATE t SET part = 16 WHERE id = 5; DELETE FROM t WHERE id = 5; COMMIT`,
    ],
    shows: {
      ...severalPartitions,
      'a row that moves is deleted and inserted': `${sent(`tag = 'D'`, 8)} AND ${sent(`tag = 'U'`, 0)}`,
    },
  },
  {
    name: 'a row is copied to another partition, and deleted then',
    schema: partitioned,
    publication: viaRoot,
    tables,
    expected,
    before: [rows(1, 30)],
    during: [
      `BEGIN; INSERT INTO t SELECT id, 15, 'copied' FROM t WHERE id IN (1, 2); DELETE FROM t WHERE id IN (1, 2) AND part < 10; COMMIT`,
      'INSERT INTO low SELECT n, 3, NULL FROM generate_series(41, 42) n',
    ],
    shows: {
      ...severalPartitions,
      'each objectID is there once': '(SELECT count(DISTINCT id) = count(*) FROM t)',
    },
  },
  {
    name: 'partitions of partitions',
    schema: `CREATE TABLE t (id int, part int, note text, PRIMARY KEY (id, part)) PARTITION BY RANGE (part);
      CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (10) PARTITION BY HASH (id);
      CREATE TABLE low_even (part int NOT NULL, note text, id int NOT NULL);
      ALTER TABLE low ATTACH PARTITION low_even FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE low_odd PARTITION OF low FOR VALUES WITH (MODULUS 2, REMAINDER 1);
      CREATE TABLE rest PARTITION OF t DEFAULT`,
    publication: 'setup',
    tables,
    expected,
    before: [rows(1, 20)],
    during: [
      rows(21, 60),
      `INSERT INTO low SELECT n, 1, 'middle' FROM generate_series(201, 210) n`,
      'UPDATE t SET part = 50 WHERE id % 3 = 0',
      `UPDATE low SET id = id + 500, note = 'rehashed' WHERE id < 5`,
      'DELETE FROM t WHERE id % 7 = 0',
    ],
    shows: {
      ...severalPartitions,
      'rows lie in all three': '(SELECT count(DISTINCT tableoid) FROM t) = 3',
    },
  },
  {
    name: 'each partition published by itself',
    schema: partitioned,
    publication: 'FOR TABLE low, high',
    tables: {
      'public.low': { index: 'all', objectIDPrefix: 'low:' },
      'public.high': { index: 'all', objectIDPrefix: 'high:' },
    },
    expected: {
      all: `${recordsSql('low', { objectID: `'low:' || id`, source: 'public.low' })} UNION ALL
        ${recordsSql('high', { objectID: `'high:' || id`, source: 'public.high' })}`,
    },
    before: [rows(1, 30)],
    during: [
      rows(31, 35),
      'UPDATE t SET part = 19 - part WHERE id < 4',
      'DELETE FROM t WHERE id = 6',
      'TRUNCATE low',
      rows(41, 44),
    ],
    shows: {
      'a truncation of a leaf is sent': sent(`tag = 'T'`, 1),
      'a row that moves is deleted': sent(`tag = 'D'`, 4),
    },
  },
];
