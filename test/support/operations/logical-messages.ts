import { type OperationCase, recordsSql, sent } from './operation-case.ts';

const tables = { 'public.t': { index: 't' } };
const row = (id: number): string => `INSERT INTO t VALUES (${id}, 'note ${id}');`;
const message = (transactional: boolean, prefix: string, content: string): string =>
  `SELECT pg_logical_emit_message(${transactional}, '${prefix}', ${content});`;
const contents = [`''`, `'text — ünï'`, `''::bytea`, `'\\x00ff80fe0a'::bytea`, `repeat('m', 1048576)`];

export const logicalMessages: readonly OperationCase[] = [
  {
    name: 'of others, in and between transactions',
    schema: 'CREATE TABLE t (id int PRIMARY KEY, note text)',
    publication: 'FOR TABLE t',
    tables,
    expected: { t: recordsSql('t') },
    before: [row(1)],
    during: contents.flatMap((content, n) => [
      message(false, 'other', content),
      `BEGIN; ${message(true, 'other', content)} ${row(10 * n + 2)} ${message(false, '', content)} ${row(10 * n + 3)} ${message(true, 'wal2algolia2', content)} COMMIT`,
      `BEGIN; ${message(true, 'rolled back', content)} ${message(false, 'not rolled back', content)} ROLLBACK`,
      message(true, '', content),
    ]),
    after: [message(true, 'last', `'x'`)],
    shows: {
      'all of them are sent': sent(`tag = 'M'`, 31),
      'large ones as well': sent(`tag = 'M' AND size > 1048576`, 6),
      'both kinds': `${sent(`tag = 'M' AND get_byte(data, 1) = 1`, 16)} AND ${sent(`tag = 'M' AND get_byte(data, 1) = 0`, 15)}`,
    },
  },
  {
    name: 'with our prefix that ask nothing that we understand',
    schema: 'CREATE TABLE t (id int PRIMARY KEY, note text)',
    publication: 'FOR TABLE t',
    tables,
    expected: { t: recordsSql('t') },
    before: [row(1)],
    during: [
      ...contents,
      `'{"refresh": {"table": "public.u", "objectIDs": ["1"]}}'`,
      `'{"refresh": null}'`,
      `'[]'`,
    ].flatMap((content, n) => [
      `BEGIN; ${row(n + 2)} ${message(n % 2 === 0, 'wal2algolia', content)} UPDATE t SET note = 'changed' WHERE id = ${n + 1}; COMMIT`,
    ]),
    shows: { 'all of them are sent': sent(`tag = 'M'`, 8) },
  },
  {
    name: 'that ask for rows to be read again, between their changes',
    schema: 'CREATE TABLE t (id int PRIMARY KEY, note text)',
    publication: 'FOR TABLE t',
    tables,
    expected: { t: recordsSql('t') },
    before: [row(1), row(2), row(3)],
    during: [
      `BEGIN; UPDATE t SET note = 'a' WHERE id = 1; ${message(true, 'wal2algolia', `'{"refresh": {"table": "public.t", "objectIDs": ["1", "2", "77", "x"]}}'`)} UPDATE t SET note = 'b' WHERE id = 1; COMMIT`,
      `BEGIN; DELETE FROM t WHERE id = 2; ${message(false, 'wal2algolia', `'{"refresh": {"table": "public.t", "objectIDs": ["2", "3"]}}'`)} ${row(4)} COMMIT`,
    ],
    shows: { 'both are sent': sent(`tag = 'M'`, 2) },
  },
];
