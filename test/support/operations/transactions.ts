import { holds, type OperationCase, recordsSql, sent } from './operation-case.ts';

const tables = { 'public.t': { index: 't' } };
const expected = { t: recordsSql('t') };
const schema = 'CREATE TABLE t (id int PRIMARY KEY, note text)';
const rows = (from: number, to: number, note = 'kept'): string =>
  `INSERT INTO t SELECT n, '${note}' FROM generate_series(${from}, ${to}) n;`;
/** A gone row that travels would show. */
const nothingGone = { 'what is rolled back is not sent': sent(holds('gone'), 0) };

export const transactions: readonly OperationCase[] = [
  {
    name: 'rolled back',
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected,
    before: [rows(1, 5)],
    during: [
      `BEGIN; ${rows(6, 9, 'gone')} UPDATE t SET note = 'gone' WHERE id = 1; DELETE FROM t WHERE id = 2; ROLLBACK`,
      rows(6, 7),
      { sql: `BEGIN; ${rows(8, 8, 'gone')} INSERT INTO t VALUES (1, 'gone'); COMMIT`, sqlState: '23505' },
      { sql: `${rows(9, 9, 'gone')} SELECT 1 / 0`, sqlState: '22012' },
    ],
    after: [rows(9, 9)],
    shows: { ...nothingGone, 'the rest is': sent(`tag = 'I'`, 8) },
  },
  {
    name: 'savepoints, some rolled back to',
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected,
    before: [rows(1, 9)],
    during: [
      `BEGIN; ${rows(11, 11)} SAVEPOINT a; ${rows(12, 12, 'gone')} UPDATE t SET note = 'gone' WHERE id = 1;
       SAVEPOINT b; DELETE FROM t WHERE id = 2; ROLLBACK TO a; ${rows(12, 12)} RELEASE a;
       SAVEPOINT c; UPDATE t SET id = 103 WHERE id = 3; RELEASE c; COMMIT`,
      `BEGIN; SAVEPOINT a; ${rows(13, 13, 'gone')} ROLLBACK TO a; SAVEPOINT a; ${rows(14, 14)} SAVEPOINT a; DELETE FROM t WHERE id = 4; COMMIT`,
      `BEGIN; SAVEPOINT a; ${rows(15, 15, 'gone')} RELEASE a; ROLLBACK`,
    ],
    shows: { ...nothingGone, 'one delete is': sent(`tag = 'D'`, 1) },
  },
  {
    name: 'exceptions in PL/pgSQL',
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected,
    before: [rows(1, 3)],
    during: [
      `DO $$ BEGIN
         FOR n IN 1..10 LOOP
           BEGIN
             INSERT INTO t VALUES (100 + n, CASE n % 2 WHEN 0 THEN 'gone' ELSE 'kept' END);
             IF n % 2 = 0 THEN INSERT INTO t VALUES (1, 'gone'); END IF;
           EXCEPTION WHEN unique_violation THEN UPDATE t SET note = 'caught ' || n WHERE id = 2;
           END;
         END LOOP;
       END $$`,
      `DO $$ BEGIN FOR n IN 1..6 LOOP INSERT INTO t VALUES (200 + n, 'kept');
         IF n % 3 = 0 THEN ROLLBACK; ELSE COMMIT; END IF; END LOOP; END $$`,
    ],
    shows: {
      ...nothingGone,
      'each caught one is': sent(`tag = 'U' AND ${holds('caught')}`, 5),
      'of the procedure some are': '(SELECT count(*) FROM t WHERE id > 200) = 4',
    },
  },
  {
    name: 'thousands of rows and many subtransactions, in batches of 100',
    schema,
    publication: 'FOR TABLE t',
    tables,
    recordsMax: 100,
    expected,
    before: [rows(1, 100)],
    during: [
      `DO $$ BEGIN
         FOR n IN 1..150 LOOP
           BEGIN
             INSERT INTO t SELECT 1000 * n + g, 'kept' FROM generate_series(1, 20) g;
             UPDATE t SET note = 'round ' || n WHERE id = n % 100 + 1;
             IF n % 5 = 0 THEN UPDATE t SET note = 'gone'; RAISE division_by_zero; END IF;
           EXCEPTION WHEN division_by_zero THEN DELETE FROM t WHERE id = 1000 * (n - 1) + 1;
           END;
         END LOOP;
       END $$`,
    ],
    after: ['UPDATE t SET id = -id WHERE id % 1000 = 7'],
    shows: {
      ...nothingGone,
      'one transaction has all of it': `(SELECT max(count) FROM (SELECT count(*) FROM wire WHERE tag = 'I' GROUP BY xid::text) s) = 2400`,
    },
  },
];

export const preparedTransactions: readonly OperationCase[] = [
  {
    name: 'committed and rolled back, with others in between',
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected,
    before: [rows(1, 9)],
    during: [
      `BEGIN; ${rows(11, 12)} UPDATE t SET note = 'prepared' WHERE id = 1; DELETE FROM t WHERE id = 2; PREPARE TRANSACTION ':database a'`,
      `BEGIN; ${rows(13, 14, 'gone')} UPDATE t SET note = 'gone' WHERE id = 3; PREPARE TRANSACTION ':database b'`,
      rows(21, 22),
      `UPDATE t SET note = 'meanwhile' WHERE id = 4`,
      `COMMIT PREPARED ':database a'`,
      `UPDATE t SET note = note || ', then changed' WHERE id = 1`,
      `ROLLBACK PREPARED ':database b'`,
      `UPDATE t SET id = 103 WHERE id = 3`,
    ],
    shows: {
      ...nothingGone,
      'a prepared one comes when it is committed': `(SELECT min(n) FROM wire WHERE ${holds('meanwhile')}) < (SELECT min(n) FROM wire WHERE ${holds('prepared')})`,
    },
  },
  {
    name: 'prepared while it streams, committed later',
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected,
    before: [rows(1, 9)],
    during: [
      `BEGIN; SAVEPOINT a; ${rows(11, 12, 'gone')} ROLLBACK TO a; ${rows(15, 16)} UPDATE t SET id = 101 WHERE id = 1; PREPARE TRANSACTION ':database c'`,
      rows(21, 22),
    ],
    after: [`COMMIT PREPARED ':database c'`, rows(1, 1)],
    shows: {
      ...nothingGone,
      'its rows are sent behind younger ones': sent(
        `tag = 'U' AND n > (SELECT max(n) FROM wire WHERE tag = 'I' AND ${holds('21')})`,
        1,
      ),
    },
  },
];
