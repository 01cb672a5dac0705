import { isoSql } from '../index-comparison.ts';
import { holds, type OperationCase, recordsSql, sent } from './operation-case.ts';

const tables = { 'public.t': { index: 't' } };
/** A rewritten table sends nothing: what is not written again keeps the form of its time. */
const rewritten = (statements: number) => ({
  'each alteration describes the table anew': sent(`tag = 'R' AND ${holds('public')}`, statements),
});

export const columnTypes: readonly OperationCase[] = [
  {
    name: 'int, bigint, text',
    schema: 'CREATE TABLE t (id int PRIMARY KEY, n int)',
    publication: 'FOR TABLE t',
    tables,
    expected: {
      t: recordsSql('t', {
        attributes: `CASE WHEN id IN (2, 4) THEN jsonb_build_object('id', id, 'n', n::numeric) ELSE to_jsonb(t) END`,
      }),
    },
    before: ['INSERT INTO t VALUES (1, 1), (2, 2)'],
    during: [
      'ALTER TABLE t ALTER n TYPE bigint',
      'INSERT INTO t VALUES (3, 3), (4, 1099511627776)',
      'ALTER TABLE t ALTER n TYPE text',
      `INSERT INTO t VALUES (5, 'five')`,
      'UPDATE t SET n = n WHERE id IN (1, 3)',
    ],
    shows: rewritten(3),
  },
  {
    name: 'numeric(10,2) to numeric(20,4)',
    schema: 'CREATE TABLE t (id int PRIMARY KEY, n numeric(10,2))',
    publication: 'FOR TABLE t',
    tables,
    expected: {
      t: recordsSql('t', {
        attributes: `CASE WHEN id = 2 THEN to_jsonb(t) ELSE jsonb_build_object('id', id, 'n', n::text) END`,
      }),
    },
    before: ['INSERT INTO t VALUES (1, 1.10), (2, 2.25)'],
    during: [
      'ALTER TABLE t ALTER n TYPE numeric(20,4)',
      'INSERT INTO t VALUES (3, 3), (4, 1234567890123456.7890)',
      'UPDATE t SET n = -n WHERE id = 1',
    ],
    shows: rewritten(2),
  },
  {
    name: 'varchar to text',
    schema: 'CREATE TABLE t (id int PRIMARY KEY, n varchar(5))',
    publication: 'FOR TABLE t',
    tables,
    expected: { t: recordsSql('t') },
    before: [`INSERT INTO t VALUES (1, 'one'), (2, 'two')`],
    during: [
      'ALTER TABLE t ALTER n TYPE text',
      `INSERT INTO t VALUES (3, 'longer than five')`,
      `UPDATE t SET n = 'longer as well' WHERE id = 1`,
    ],
    shows: rewritten(2),
  },
  {
    name: 'timestamp to timestamptz',
    schema: 'CREATE TABLE t (id int PRIMARY KEY, at timestamp)',
    publication: 'FOR TABLE t',
    tables,
    expected: {
      t: recordsSql('t', {
        attributes: `jsonb_build_object('id', id, 'at', ${isoSql('at')}, 'at_ms', floor(extract(epoch FROM at) * 1000)::bigint)`,
      }),
    },
    before: [`INSERT INTO t VALUES (1, '2026-01-02 03:04:05.000006'), (2, '1999-12-31 23:59:59.9')`],
    during: [
      `ALTER TABLE t ALTER at TYPE timestamptz USING at AT TIME ZONE 'UTC'`,
      `INSERT INTO t VALUES (3, '2026-06-07 08:09:10.123456+05:30')`,
      `UPDATE t SET at = at + interval '1 microsecond' WHERE id = 1`,
    ],
    shows: { ...rewritten(2), 'a zone is sent': sent(`tag = 'U' AND ${holds('+00')}`, 1) },
  },
  {
    name: 'text to int, with `as: "number"` given',
    schema: 'CREATE TABLE t (id int PRIMARY KEY, n text)',
    publication: 'FOR TABLE t',
    tables: { 'public.t': { index: 't', attributes: { id: 'id', n: { column: 'n', as: 'number' } } } },
    expected: { t: recordsSql('t', { attributes: `jsonb_build_object('id', id, 'n', n::numeric)` }) },
    before: [`INSERT INTO t VALUES (1, '1'), (2, '2.5')`],
    during: [
      'ALTER TABLE t ALTER n TYPE numeric USING n::numeric',
      'INSERT INTO t VALUES (3, 12345678901234567890)',
      'ALTER TABLE t ALTER n TYPE double precision',
      'INSERT INTO t VALUES (4, 0.1)',
      'UPDATE t SET n = -1 WHERE id = 3',
    ],
    shows: rewritten(3),
  },
  {
    name: 'an enum gets another value',
    schema: `CREATE TYPE mood AS ENUM ('calm'); CREATE TABLE t (id int PRIMARY KEY, m mood, list mood[])`,
    publication: 'FOR TABLE t',
    tables,
    expected: { t: recordsSql('t') },
    before: [`INSERT INTO t VALUES (1, 'calm', '{calm}')`],
    during: [
      `ALTER TYPE mood ADD VALUE 'élan' BEFORE 'calm'`,
      `INSERT INTO t VALUES (2, 'élan', '{élan,NULL,calm}')`,
      `ALTER TYPE mood RENAME VALUE 'calm' TO 'calmer'`,
      `UPDATE t SET list = list WHERE id = 1`,
      `INSERT INTO t VALUES (3, 'calmer', '{}')`,
    ],
    after: [`UPDATE t SET m = m WHERE id = 2`],
    shows: { 'the new value is sent': sent(`tag = 'I' AND ${holds('élan')}`, 1) },
  },
  {
    name: 'types that are made in mid-stream',
    schema: 'CREATE TABLE t (id int PRIMARY KEY)',
    publication: 'FOR TABLE t',
    tables,
    expected: {
      t: recordsSql('t', {
        attributes: `CASE WHEN id <= 2 THEN jsonb_build_object('id', id) WHEN id = 3 THEN jsonb_build_object('id', id, 'm', m)
          ELSE to_jsonb(t) || jsonb_build_object('pair', pair::text) END`,
      }),
    },
    before: ['INSERT INTO t VALUES (1), (2)'],
    during: [
      `CREATE TYPE mood AS ENUM ('calm', 'wild')`,
      'ALTER TABLE t ADD m mood',
      `INSERT INTO t VALUES (3, 'calm')`,
      'CREATE DOMAIN price AS numeric(10,2) CHECK (value >= 0); CREATE DOMAIN fair_price AS price; CREATE TYPE pair AS (a int, b text)',
      'ALTER TABLE t ADD cost fair_price, ADD list mood[], ADD costs price[], ADD pair pair',
      `INSERT INTO t VALUES (4, 'wild', 1.50, '{calm,wild}', '{1.25,NULL}', '(1,"a b")')`,
    ],
    after: [`INSERT INTO t VALUES (5, NULL, NULL, NULL, NULL, '(2,)')`],
    shows: {
      'the types are younger than the slot': `(SELECT count(*) FROM pg_type WHERE typname IN ('mood', 'price', 'fair_price', 'pair')) = 4`,
      'types are sent': sent(`tag = 'Y'`),
    },
  },
];
