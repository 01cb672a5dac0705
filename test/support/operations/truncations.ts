import { type OperationCase, recordsSql, sent } from './operation-case.ts';

const create = `CREATE TABLE a (id int PRIMARY KEY, note text); CREATE TABLE b (id int PRIMARY KEY, note text)`;
const fill = (table: string, from: number, to: number): string =>
  `INSERT INTO ${table} (id, note) SELECT n, '${table} ' || n FROM generate_series(${from}, ${to}) n;`;
const tables = { 'public.a': { index: 'a' }, 'public.b': { index: 'b' } };
const expected = { a: recordsSql('a', { source: 'public.a' }), b: recordsSql('b', { source: 'public.b' }) };
const shared = {
  tables: {
    'public.a': { index: 'all', objectIDPrefix: 'a:' },
    'public.b': { index: 'all', objectIDPrefix: 'b:' },
  },
  expected: {
    all: `${recordsSql('a', { objectID: `'a:' || id`, source: 'public.a' })} UNION ALL ${recordsSql('b', { objectID: `'b:' || id`, source: 'public.b' })}`,
  },
};
const inOneTransaction = `BEGIN; ${fill('a', 101, 110)} UPDATE a SET note = 'before' WHERE id = 1; ${fill('b', 101, 105)} TRUNCATE a;
  ${fill('a', 5, 8)} UPDATE a SET note = 'behind' WHERE id = 6; DELETE FROM a WHERE id = 7; COMMIT`;

export const truncations: readonly OperationCase[] = [
  {
    name: 'one table',
    schema: create,
    publication: 'setup',
    tables,
    expected,
    before: [fill('a', 1, 20), fill('b', 1, 5)],
    during: [fill('a', 21, 30), 'TRUNCATE a', fill('a', 3, 4), `UPDATE b SET note = 'stays'`],
    shows: {
      'it is sent': sent(`tag = 'T'`, 1),
      'for one table': sent(`tag = 'T' AND get_byte(data, 4) = 1`, 1),
    },
  },
  {
    name: 'two tables in one statement',
    schema: create,
    publication: 'FOR TABLE a, b',
    tables,
    expected,
    before: [fill('a', 1, 20), fill('b', 1, 5)],
    during: [fill('b', 6, 9), 'TRUNCATE b, a', fill('a', 3, 4)],
    after: [fill('b', 1, 2)],
    shows: { 'one message says so': sent(`tag = 'T' AND get_byte(data, 4) = 2`, 1) },
  },
  {
    name: 'a table that shares its index',
    schema: create,
    publication: 'FOR TABLE a, b',
    ...shared,
    before: [fill('a', 1, 20), fill('b', 1, 5)],
    during: [fill('b', 6, 9), fill('a', 21, 30), 'TRUNCATE a', fill('a', 3, 4)],
    after: [`UPDATE b SET note = 'later' WHERE id < 3`],
    shows: { 'it is sent': sent(`tag = 'T'`, 1), 'both have rows': 'EXISTS (TABLE a) AND EXISTS (TABLE b)' },
  },
  {
    name: 'in a transaction with rows before and behind it',
    schema: create,
    publication: 'FOR TABLE a, b',
    tables,
    expected,
    before: [fill('a', 1, 20), fill('b', 1, 5)],
    during: [inOneTransaction],
    shows: {
      'rows of its transaction come before and behind': `(SELECT n FROM wire WHERE tag = 'T') BETWEEN (SELECT min(n) FROM wire WHERE tag = 'U') AND (SELECT max(n) FROM wire WHERE tag = 'U')`,
    },
  },
  {
    name: 'in such a transaction, of a table that shares its index',
    schema: create,
    publication: 'FOR TABLE a, b',
    ...shared,
    recordsMax: 7,
    before: [fill('a', 1, 20), fill('b', 1, 5)],
    during: [inOneTransaction],
    after: ['TRUNCATE b', fill('b', 1, 2)],
    shows: { 'both are sent': sent(`tag = 'T'`, 2) },
  },
  {
    name: 'RESTART IDENTITY CASCADE',
    schema: `CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
      CREATE TABLE b (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text, a int REFERENCES a)`,
    publication: 'FOR TABLE a, b',
    tables,
    expected,
    before: [
      `INSERT INTO a (note) SELECT 'a' FROM generate_series(1, 9)`,
      `INSERT INTO b (note, a) SELECT 'b', n FROM generate_series(1, 9) n`,
    ],
    during: [
      `INSERT INTO a (note) VALUES ('soon gone')`,
      'TRUNCATE a RESTART IDENTITY CASCADE',
      `INSERT INTO a (note) VALUES ('first again')`,
      `INSERT INTO b (note, a) VALUES ('first again', 1)`,
    ],
    shows: {
      'the message says so': sent(`tag = 'T' AND get_byte(data, 4) = 2 AND get_byte(data, 5) = 3`, 1),
      'ids begin anew': '(SELECT max(id) FROM a) = 1 AND (SELECT max(id) FROM b) = 1',
    },
  },
  {
    name: 'rolled back, twice, and of an empty table',
    schema: create,
    publication: 'FOR TABLE a, b',
    tables,
    expected,
    before: ['TRUNCATE b', fill('a', 1, 20)],
    during: [
      'BEGIN; TRUNCATE a, b; ROLLBACK',
      `BEGIN; SAVEPOINT s; TRUNCATE a; ${fill('a', 500, 501)} ROLLBACK TO s; ${fill('a', 21, 22)} COMMIT`,
      fill('b', 1, 3),
      'TRUNCATE b',
      fill('b', 2, 5),
      'TRUNCATE b',
      fill('b', 3, 4),
    ],
    shows: { 'only what is committed is sent': sent(`tag = 'T'`, 3) },
  },
];
