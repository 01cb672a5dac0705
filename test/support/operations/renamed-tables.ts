import { holds, type OperationCase, recordsSql, sent } from './operation-case.ts';

const tables = { 'public.t': { index: 't' } };
const schema = 'CREATE TABLE t (id int PRIMARY KEY, note text); CREATE SCHEMA archive';
const rows = (table: string, from: number, to: number): string =>
  `INSERT INTO ${table} SELECT n, 'note ' || n FROM generate_series(${from}, ${to}) n`;
const noSuchTable = "to_regclass('public.t') IS NULL";

export const renamedTables: readonly OperationCase[] = [
  {
    name: 'to another name, and to another schema',
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected: { t: recordsSql('archive.u') },
    during: [
      rows('t', 1, 10),
      'ALTER TABLE t RENAME TO u',
      rows('u', 11, 12),
      `UPDATE u SET note = 'renamed' WHERE id = 1`,
      'ALTER TABLE u SET SCHEMA archive',
      rows('archive.u', 13, 14),
      'DELETE FROM archive.u WHERE id = 2',
      'UPDATE archive.u SET id = 100 WHERE id = 3',
    ],
    restarted: {
      tables: { 'archive.u': { index: 't' } },
      expected: { t: recordsSql('archive.u', { source: 'archive.u' }) },
    },
    shows: {
      'nothing has the old name': noSuchTable,
      'each name is sent': `${sent(`tag = 'R' AND ${holds('public')}`)} AND ${sent(`tag = 'R' AND ${holds('archive')}`)}`,
    },
  },
  {
    name: 'and another one takes its name, unpublished',
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected: { t: recordsSql('u') },
    during: [
      rows('t', 1, 5),
      'BEGIN; ALTER TABLE t RENAME TO u; CREATE TABLE t (LIKE u INCLUDING ALL); COMMIT',
      rows('t', 1, 9),
      rows('u', 6, 7),
      `UPDATE u SET note = 'of the first' WHERE id = 1`,
    ],
    restarted: {
      tables: { 'public.u': { index: 't' } },
      expected: { t: recordsSql('u', { source: 'public.u' }) },
    },
    shows: { 'the other one is not sent': sent(`tag = 'I'`, 7) },
  },
  {
    name: 'two that swap their names in a transaction',
    schema: 'CREATE TABLE t (id int PRIMARY KEY, note text); CREATE TABLE u (LIKE t INCLUDING ALL)',
    publication: 'FOR TABLE t, u',
    tables: { 'public.t': { index: 't' }, 'public.u': { index: 'u' } },
    expected: { t: recordsSql('u'), u: recordsSql('t', { source: 'public.u' }) },
    during: [
      rows('t', 1, 3),
      rows('u', 11, 12),
      'BEGIN; ALTER TABLE t RENAME TO v; ALTER TABLE u RENAME TO t; ALTER TABLE v RENAME TO u; COMMIT',
      rows('u', 4, 5),
      rows('t', 13, 14),
      'DELETE FROM u WHERE id = 1',
    ],
    restarted: {
      tables: { 'public.u': { index: 't' }, 'public.t': { index: 'u' } },
      expected: { t: recordsSql('u', { source: 'public.u' }), u: recordsSql('t') },
    },
    shows: {
      'they have swapped': 'EXISTS (SELECT FROM u WHERE id = 2) AND EXISTS (SELECT FROM t WHERE id = 11)',
    },
  },
];
