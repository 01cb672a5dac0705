import { type OperationCase, recordsSql, sent } from './operation-case.ts';

const fill = (table: string, from: number, to: number): string =>
  `INSERT INTO ${table} (id, note) SELECT n, '${table} ' || n FROM generate_series(${from}, ${to}) n`;
const create = (table: string): string => `CREATE TABLE ${table} (id int PRIMARY KEY, note text)`;
const relations = `(SELECT count(DISTINCT substr(data, 2, 4)) FROM wire WHERE tag IN ('I', 'U', 'D'))`;
const work = [
  `BEGIN; ${fill('a', 11, 20)}; ${fill('b', 11, 15)}; UPDATE a SET note = 'both' WHERE id < 4; DELETE FROM b WHERE id < 3; COMMIT`,
  'UPDATE a SET id = id + 1000 WHERE id = 5',
  `BEGIN; DELETE FROM a WHERE id = 6; INSERT INTO b VALUES (6000, 'from a'); COMMIT`,
];

export const severalTables: readonly OperationCase[] = [
  {
    name: 'to an index each',
    schema: `${create('a')}; ${create('b')}; CREATE SCHEMA s; ${create('s.a')}`,
    publication: 'FOR TABLE a, b, s.a',
    tables: { 'public.a': { index: 'a' }, 'public.b': { index: 'b' }, 's.a': { index: 's_a' } },
    expected: {
      a: recordsSql('a', { source: 'public.a' }),
      b: recordsSql('b', { source: 'public.b' }),
      s_a: recordsSql('s.a', { source: 's.a' }),
    },
    before: [fill('a', 1, 10), fill('b', 1, 10), fill('s.a', 1, 3)],
    during: [...work, `UPDATE s.a SET note = 'other schema'`],
    shows: { 'three tables are sent': `${relations} = 3` },
  },
  {
    name: 'to one index, with prefixes',
    schema: `${create('a')}; ${create('b')}; ALTER TABLE b ADD more int DEFAULT 3`,
    publication: 'FOR TABLE a, b',
    tables: {
      'public.a': { index: 'all', objectIDPrefix: 'a:' },
      'public.b': { index: 'all', objectIDPrefix: 'ä%:' },
    },
    expected: {
      all: `${recordsSql('a', { objectID: `'a:' || id`, source: 'public.a' })} UNION ALL
        ${recordsSql('b', { objectID: `'ä%:' || id`, source: 'public.b' })}`,
    },
    before: [fill('a', 1, 10), fill('b', 1, 10)],
    during: work,
    shows: {
      'both have the same ids': 'EXISTS (SELECT id FROM a INTERSECT SELECT id FROM b)',
      'two tables are sent': `${relations} = 2`,
    },
  },
  {
    name: 'of two publications',
    schema: `${create('a')}; ${create('b')}; CREATE PUBLICATION others FOR TABLE b WITH (publish = 'insert')`,
    publication: 'FOR TABLE a, b',
    tables: { 'public.a': { index: 'a' }, 'public.b': { index: 'b' } },
    expected: { a: recordsSql('a', { source: 'public.a' }), b: recordsSql('b', { source: 'public.b' }) },
    before: [fill('a', 1, 10), fill('b', 1, 10)],
    during: work,
    shows: { 'one row comes once': sent(`tag = 'I'`, 36) },
  },
  {
    name: 'with foreign keys that cascade',
    schema: `${create('a')}; CREATE TABLE b (id int PRIMARY KEY, note text, a int REFERENCES a ON UPDATE CASCADE ON DELETE CASCADE,
        parent int REFERENCES b ON DELETE SET NULL)`,
    publication: 'FOR TABLE a, b',
    tables: { 'public.a': { index: 'a' }, 'public.b': { index: 'b' } },
    expected: { a: recordsSql('a', { source: 'public.a' }), b: recordsSql('b', { source: 'public.b' }) },
    before: [
      fill('a', 1, 10),
      `INSERT INTO b SELECT n, 'b', 1 + n % 10, CASE WHEN n > 1 THEN n - 1 END FROM generate_series(1, 40) n`,
    ],
    during: ['UPDATE a SET id = 100 WHERE id = 1', 'DELETE FROM a WHERE id = 2', fill('a', 1, 2)],
    shows: {
      'rows of the other table are deleted': `(SELECT count(*) FROM b) = 36 AND ${sent(`tag = 'D'`, 5)}`,
      'and updated':
        '(SELECT count(*) FROM b WHERE a = 100) = 4 AND (SELECT count(*) FROM b WHERE parent IS NULL) = 4',
    },
  },
];
