import { type OperationCase, recordsSql, sent } from './operation-case.ts';

const tables = { 'public.t': { index: 't' } };
const expected = { t: recordsSql('t') };
const rows = (from: number, to: number): string =>
  `INSERT INTO t SELECT n, 'request ' || n, 'note ' || n FROM generate_series(${from}, ${to}) n`;
const work = [
  rows(11, 20),
  `UPDATE t SET note = 'changed' WHERE id % 2 = 0`,
  'UPDATE t SET id = id + 100 WHERE id <= 3',
  `UPDATE t SET request = request || '!' WHERE id IN (4, 5)`,
  'DELETE FROM t WHERE id IN (6, 7, 102)',
];
const plain = 'CREATE TABLE t (id int PRIMARY KEY, request text NOT NULL, note text)';
const byRequest = `${plain}; CREATE UNIQUE INDEX by_request ON t (request); ALTER TABLE t REPLICA IDENTITY USING INDEX by_request`;

export const replicaIdentities: readonly OperationCase[] = [
  {
    name: 'default',
    schema: plain,
    publication: 'setup',
    tables,
    expected,
    before: [rows(1, 10)],
    during: work,
    shows: {
      'old keys are sent': `${sent(`tag = 'U' AND old = 'K'`, 3)} AND ${sent(`tag = 'D' AND old = 'K'`, 3)}`,
    },
  },
  {
    name: 'index',
    schema: byRequest,
    publication: 'setup',
    tables: { 'public.t': { index: 't', objectID: ['request'] } },
    expected: { t: recordsSql('t', { objectID: 'request' }) },
    before: [rows(1, 10)],
    during: work,
    shows: {
      'old values of the index are sent': `${sent(`tag = 'U' AND old = 'K'`, 2)} AND ${sent(`tag = 'D' AND old = 'K'`, 3)}`,
    },
  },
  {
    name: 'full',
    schema: `${plain}; ALTER TABLE t REPLICA IDENTITY FULL`,
    publication: 'setup',
    tables,
    expected,
    before: [rows(1, 10)],
    during: work,
    shows: {
      'whole old rows are sent': `${sent(`tag = 'U' AND old = 'O'`)} AND ${sent(`tag = 'D' AND old = 'O'`, 3)}`,
      'and nothing less': sent(`old = 'K'`, 0),
    },
  },
  {
    name: 'nothing: inserts only, and the application goes on',
    schema: `${plain}; ALTER TABLE t REPLICA IDENTITY NOTHING; CREATE TABLE inserted (LIKE t)`,
    publication: 'setup',
    tables,
    expected: { t: recordsSql('inserted') },
    before: [rows(1, 10), 'INSERT INTO inserted TABLE t'],
    during: [rows(11, 15), 'INSERT INTO inserted SELECT * FROM t WHERE id > 10', ...work.slice(1)],
    after: [rows(31, 32), 'INSERT INTO inserted SELECT * FROM t WHERE id BETWEEN 31 AND 32'],
    shows: {
      'nothing but inserts is sent': `${sent(`tag = 'I'`, 17)} AND ${sent(`tag IN ('U', 'D')`, 0)}`,
      'rows were changed and deleted': `EXISTS (TABLE inserted EXCEPT TABLE t)`,
    },
  },
  {
    name: 'altered in mid-stream',
    schema: plain,
    publication: 'FOR TABLE t',
    tables,
    expected,
    before: [rows(1, 10)],
    during: [
      'UPDATE t SET id = id + 50 WHERE id = 1',
      'ALTER TABLE t REPLICA IDENTITY FULL',
      ...work,
      'CREATE UNIQUE INDEX by_both ON t (request, id)',
      'ALTER TABLE t REPLICA IDENTITY USING INDEX by_both',
      'UPDATE t SET id = id + 500 WHERE id = 12',
      'DELETE FROM t WHERE id = 13',
      'ALTER TABLE t REPLICA IDENTITY DEFAULT',
    ],
    after: ['UPDATE t SET id = id + 900 WHERE id = 14', 'DELETE FROM t WHERE id = 15'],
    shows: { 'keys and whole rows are sent': `${sent(`old = 'K'`, 5)} AND ${sent(`old = 'O'`)}` },
  },
];

export const tablesWithoutKey: readonly OperationCase[] = [
  {
    name: 'FULL, with an objectID of several columns',
    schema: `CREATE TABLE t (kind text, n int, note text); ALTER TABLE t REPLICA IDENTITY FULL`,
    publication: 'setup',
    tables: { 'public.t': { index: 't', objectID: ['kind', 'n'] } },
    expected: { t: recordsSql('t', { objectID: `kind || ':' || n` }) },
    before: [`INSERT INTO t SELECT 'k', n, 'first' FROM generate_series(1, 10) n`],
    during: [
      `INSERT INTO t SELECT 'l', n, NULL FROM generate_series(1, 5) n`,
      `UPDATE t SET note = 'changed' WHERE n % 2 = 0`,
      `UPDATE t SET kind = 'm', n = n + 10 WHERE n = 3 AND kind = 'k'`,
      'DELETE FROM t WHERE n = 5',
    ],
    shows: {
      'there is no key': `NOT EXISTS (SELECT FROM pg_index WHERE indrelid = 't'::regclass)`,
      'whole old rows are sent': `${sent(`tag = 'U' AND old = 'O'`, 8)} AND ${sent(`tag = 'D' AND old = 'O'`, 2)}`,
    },
  },
  {
    name: 'inserts only',
    schema: 'CREATE TABLE t (id int, note text); CREATE TABLE inserted (LIKE t)',
    publication: 'setup',
    tables,
    expected: { t: recordsSql('inserted') },
    before: [`INSERT INTO t VALUES (1, 'first'), (2, 'first')`, 'INSERT INTO inserted TABLE t'],
    during: [
      `INSERT INTO t VALUES (3, 'second')`,
      `INSERT INTO inserted VALUES (3, 'second')`,
      `UPDATE t SET note = 'changed' WHERE id = 1`,
      'DELETE FROM t WHERE id = 2',
    ],
    shows: {
      'nothing but inserts is sent': `${sent(`tag = 'I'`, 3)} AND ${sent(`tag IN ('U', 'D')`, 0)}`,
      'rows were changed and deleted': 'EXISTS (TABLE inserted EXCEPT TABLE t)',
    },
  },
];
