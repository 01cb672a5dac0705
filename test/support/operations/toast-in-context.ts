import { holds, type OperationCase, recordsSql, sent } from './operation-case.ts';

const tables = { 'public.t': { index: 't' } };
/** 20 kB that stay out of the row, and differ from row to row. */
const large = `jsonb_build_object('text', (SELECT string_agg(md5(n || '/' || g), '') FROM generate_series(1, 640) g))`;
const external = (table: string): string => `ALTER TABLE ${table} ALTER doc SET STORAGE EXTERNAL`;
const create = `CREATE TABLE t (id int PRIMARY KEY, note text, doc jsonb); ${external('t')}`;
const rows = (from: number, to: number): string =>
  `INSERT INTO t SELECT n, 'note ' || n, ${large} FROM generate_series(${from}, ${to}) n;`;
const notWhole = (count: number) => ({
  'updates leave out the large column': sent(`tag = 'U' AND size < 1000`, count),
});
const encoded = (column: string): string => `replace(replace(${column}, '%', '%25'), ':', '%3A')`;
const keyOfMany = ['u::text', 'n::text', `rpad(c, 5)`, 'm::text', 'b::text', 'd::text', 's::text']
  .map(encoded)
  .join(` || ':' || `);

export const toastInContext: readonly OperationCase[] = [
  {
    name: 'and the table is altered in the same transaction: what is read again has its new form',
    schema: create,
    publication: 'FOR TABLE t',
    tables,
    recordBytesMax: 100_000,
    expected: {
      t: recordsSql('t', {
        attributes: `CASE WHEN id IN (1, 4) THEN to_jsonb(t) ELSE jsonb_build_object('id', id, 'note', remark, 'doc', doc) END`,
      }),
    },
    before: [rows(1, 3)],
    during: [
      `BEGIN; UPDATE t SET note = 'changed' WHERE id = 1; ALTER TABLE t ADD added int DEFAULT 7; ALTER TABLE t RENAME note TO remark; COMMIT`,
      `INSERT INTO t VALUES (4, 'new', NULL, 8)`,
    ],
    shows: notWhole(1),
  },
  {
    name: 'of a table that was renamed',
    schema: create,
    publication: 'FOR TABLE t',
    tables,
    recordBytesMax: 100_000,
    expected: { t: recordsSql('u') },
    during: [
      rows(1, 4),
      `UPDATE t SET note = 'before' WHERE id = 1`,
      'ALTER TABLE t RENAME TO u',
      `UPDATE u SET note = 'behind' WHERE id = 2`,
      `UPDATE u SET id = 103 WHERE id = 3`,
    ],
    restarted: {
      tables: { 'public.u': { index: 't' } },
      expected: { t: recordsSql('u', { source: 'public.u' }) },
    },
    shows: notWhole(3),
  },
  {
    name: 'of rows that enter, leave and change inside a row filter',
    majorMin: 15,
    schema: `CREATE TABLE t (id int, tenant text, note text, doc jsonb, PRIMARY KEY (id, tenant)); ${external('t')}`,
    publication: `FOR TABLE t WHERE (tenant = 'acme')`,
    tables,
    recordBytesMax: 100_000,
    expected: { t: recordsSql(`(SELECT * FROM t WHERE tenant = 'acme')`) },
    before: [
      `INSERT INTO t SELECT n, CASE n % 2 WHEN 0 THEN 'acme' ELSE 'other' END, 'note', ${large} FROM generate_series(1, 8) n`,
    ],
    during: [
      `UPDATE t SET note = 'inside' WHERE id = 2`,
      `UPDATE t SET tenant = 'acme' WHERE id = 1`,
      `UPDATE t SET note = 'leaves soon' WHERE id = 4`,
      `UPDATE t SET tenant = 'other' WHERE id = 4`,
      `BEGIN; UPDATE t SET tenant = 'acme' WHERE id = 3; UPDATE t SET note = 'and changes' WHERE id = 3; COMMIT`,
      `BEGIN; UPDATE t SET tenant = 'acme' WHERE id = 5; UPDATE t SET tenant = 'other' WHERE id = 5; COMMIT`,
    ],
    shows: {
      ...notWhole(3),
      'rows enter as inserts that leave it out': sent(`tag = 'I' AND size < 1000`, 3),
      'rows leave as deletes': sent(`tag = 'D'`, 2),
    },
  },
  {
    name: 'of two tables in one index, with keys of two columns',
    schema: `CREATE TABLE a (kind text, n int, note text, doc jsonb, PRIMARY KEY (kind, n)); CREATE TABLE b (LIKE a INCLUDING ALL);
      ${external('a')}; ${external('b')}`,
    publication: 'FOR TABLE a, b',
    tables: {
      'public.a': { index: 'all', objectID: ['kind', 'n'], objectIDPrefix: 'a:%' },
      'public.b': { index: 'all', objectID: ['n', 'kind'], objectIDPrefix: 'b' },
    },
    recordBytesMax: 100_000,
    expected: {
      all: `${recordsSql('a', { objectID: `'a:%' || ${encoded('kind')} || ':' || n`, source: 'public.a' })} UNION ALL
        ${recordsSql('b', { objectID: `'b' || n || ':' || ${encoded('kind')}`, source: 'public.b' })}`,
    },
    before: ['a', 'b'].map(
      (table) =>
        `INSERT INTO ${table} SELECT 'k:%3A' || n, n, '${table}', ${large} FROM generate_series(1, 5) n`,
    ),
    during: [
      `BEGIN; UPDATE a SET note = 'changed' WHERE n < 3; UPDATE b SET note = 'changed' WHERE n > 3; COMMIT`,
      `UPDATE a SET kind = ':' WHERE n = 3`,
      `BEGIN; UPDATE b SET note = 'x' WHERE n = 1; TRUNCATE a; COMMIT`,
    ],
    after: [`INSERT INTO a VALUES ('', 1, 'empty kind', NULL)`],
    shows: notWhole(6),
  },
  {
    name: 'with a key of many types',
    schema: `CREATE TYPE mood AS ENUM ('c:lm', '100%'); CREATE TABLE t (u uuid, n numeric, c char(5), m mood, b bytea, d date, s timestamptz,
        note text, doc jsonb, PRIMARY KEY (u, n, c, m, b, d, s)); ${external('t')}`,
    publication: 'FOR TABLE t',
    tables: {
      'public.t': {
        index: 't',
        objectID: ['u', 'n', 'c', 'm', 'b', 'd', 's'],
        attributes: { note: 'note', doc: 'doc' },
      },
    },
    recordBytesMax: 100_000,
    expected: {
      t: recordsSql('t', { objectID: keyOfMany, attributes: `jsonb_build_object('note', note, 'doc', doc)` }),
    },
    before: [
      `INSERT INTO t SELECT md5(n::text)::uuid, n / 3.0, 'a' || n, CASE n % 2 WHEN 0 THEN 'c:lm' ELSE '100%' END::mood, decode(md5(n::text), 'hex'),
         date '0099-12-31 BC' + 300000 * n, timestamptz '2026-01-02 03:04:05.006+00' + n * interval '1.000001 h', 'note', ${large}
       FROM generate_series(1, 6) n`,
    ],
    during: [
      `UPDATE t SET note = 'changed' WHERE n < 1.1`,
      `UPDATE t SET m = 'c:lm' WHERE n = 5 / 3.0`,
      `UPDATE t SET n = 2.000 WHERE n = 2`,
    ],
    shows: {
      ...notWhole(5),
      'the key changes in its text alone': sent(`tag = 'U' AND ${holds('2.000')}`, 1),
    },
  },
  {
    name: 'across CLUSTER and VACUUM FULL, which send nothing',
    schema: `${create}; CREATE INDEX by_note ON t (note)`,
    publication: 'FOR TABLE t',
    tables,
    recordBytesMax: 100_000,
    expected: { t: recordsSql('t') },
    before: [rows(1, 5)],
    during: [
      `UPDATE t SET note = 'first' WHERE id = 1`,
      'CLUSTER t USING by_note',
      `UPDATE t SET note = 'second' WHERE id = 2`,
      'VACUUM FULL t',
      `UPDATE t SET note = 'third' WHERE id = 3`,
    ],
    shows: { ...notWhole(3), 'the rest stays unsent': sent(`tag = 'I'`, 5) },
  },
];
