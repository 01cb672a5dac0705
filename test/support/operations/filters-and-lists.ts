import { holds, type OperationCase, recordsSql, sent } from './operation-case.ts';

const tables = { 'public.t': { index: 't' } };
const schema = 'CREATE TABLE t (id int, tenant text, note text, secret text, PRIMARY KEY (id, tenant))';
const rows = (from: number, to: number): string =>
  `INSERT INTO t SELECT n, CASE n % 2 WHEN 0 THEN 'acme' ELSE 'other' END, 'note ' || n, 's3cret' FROM generate_series(${from}, ${to}) n`;
const acme = `(SELECT * FROM t WHERE tenant = 'acme')`;
const work = [
  rows(11, 14),
  `UPDATE t SET tenant = 'acme' WHERE id = 1`,
  `UPDATE t SET tenant = 'other' WHERE id = 2`,
  `UPDATE t SET note = 'inside' WHERE id IN (4, 5)`,
  `UPDATE t SET id = 106 WHERE id = 6`,
  `UPDATE t SET id = 107, tenant = 'acme' WHERE id = 7`,
  `UPDATE t SET id = 108, tenant = 'other' WHERE id = 8`,
  'DELETE FROM t WHERE id IN (9, 10)',
  `BEGIN; UPDATE t SET tenant = 'acme' WHERE id = 3; UPDATE t SET tenant = 'other' WHERE id = 3; COMMIT`,
];
const filtered = {
  'rows enter as inserts': sent(`tag = 'I'`, 10),
  'rows leave as deletes': sent(`tag = 'D'`, 4),
  'what happens outside is not sent': sent(`${holds('other')} AND tag IN ('I', 'U')`, 0),
};

export const filtersAndLists: readonly OperationCase[] = [
  {
    name: 'rows enter, leave and change inside a row filter',
    majorMin: 15,
    schema,
    publication: `FOR TABLE t WHERE (tenant = 'acme')`,
    tables,
    expected: { t: recordsSql(acme) },
    before: [rows(1, 10)],
    during: work,
    shows: filtered,
  },
  {
    name: 'a row filter with REPLICA IDENTITY FULL',
    majorMin: 15,
    schema: `${schema}; ALTER TABLE t REPLICA IDENTITY FULL`,
    publication: `FOR TABLE t WHERE (tenant = 'acme' AND note IS NOT NULL)`,
    tables,
    expected: { t: recordsSql(`(SELECT * FROM t WHERE tenant = 'acme' AND note IS NOT NULL)`) },
    before: [rows(1, 10)],
    during: [...work, 'UPDATE t SET note = NULL WHERE id = 12'],
    shows: { 'rows leave as deletes': sent(`tag = 'D' AND old = 'O'`, 5) },
  },
  {
    name: 'a row filter and a column list',
    majorMin: 15,
    schema,
    publication: `FOR TABLE t (id, tenant, note) WHERE (tenant = 'acme')`,
    tables,
    expected: { t: recordsSql(acme, { attributes: `to_jsonb(t) - 'secret'` }) },
    before: [rows(1, 10)],
    during: work,
    shows: { ...filtered, 'what is not listed does not travel': sent(holds('s3cret'), 0) },
  },
  {
    name: 'a row filter on the root of partitions',
    majorMin: 15,
    schema: `CREATE TABLE t (id int, tenant text, note text, secret text, PRIMARY KEY (id, tenant)) PARTITION BY LIST (tenant);
      CREATE TABLE acme PARTITION OF t FOR VALUES IN ('acme'); CREATE TABLE rest PARTITION OF t DEFAULT`,
    publication: `FOR TABLE t WHERE (id > 3) WITH (publish_via_partition_root = true)`,
    tables,
    expected: { t: recordsSql('(SELECT * FROM t WHERE id > 3)') },
    before: [rows(1, 10)],
    during: [
      ...work,
      'UPDATE t SET id = 0 WHERE id = 11',
      `UPDATE t SET id = 200, tenant = 'x' WHERE id = 1`,
    ],
    shows: {
      'rows lie in several partitions': '(SELECT count(DISTINCT tableoid) FROM t) = 2',
      'rows are left out': 'EXISTS (SELECT FROM t WHERE id <= 3)',
    },
  },
  {
    name: 'a column list',
    majorMin: 15,
    schema,
    publication: 'FOR TABLE t (tenant, id, note)',
    tables: { 'public.t': { index: 't', objectID: ['id', 'tenant'] } },
    expected: {
      t: recordsSql('t', { objectID: `id || ':' || tenant`, attributes: `to_jsonb(t) - 'secret'` }),
    },
    before: [rows(1, 10)],
    during: [...work, `UPDATE t SET secret = 's3cret too' WHERE id = 4`],
    shows: {
      'what is not listed does not travel': sent(holds('s3cret'), 0),
      'but that it changed does': sent(`tag = 'U'`, 10),
    },
  },
  {
    name: 'where there are no lists, or nobody made one, the attributes decide',
    schema,
    publication: 'FOR TABLE t',
    tables: { 'public.t': { index: 't', attributes: { id: 'id', owner: 'tenant' } } },
    expected: { t: recordsSql('t', { attributes: `jsonb_build_object('id', id, 'owner', tenant)` }) },
    before: [rows(1, 10)],
    during: work,
    shows: { 'what is not wanted travels': sent(`tag = 'I' AND ${holds('s3cret')}`, 14) },
  },
];
