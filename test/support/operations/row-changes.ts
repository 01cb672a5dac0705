import { type OperationCase, recordsSql, sent } from './operation-case.ts';

const tables = { 'public.t': { index: 't' } };
const expected = { t: recordsSql('t') };
const schema = 'CREATE TABLE t (id int PRIMARY KEY, note text, amount numeric(10,2), doc jsonb)';
const rows = (from: number, to: number): string =>
  `INSERT INTO t SELECT n, 'note ' || n, n / 4.0, jsonb_build_object('n', n, 'list', ARRAY[n, NULL]) FROM generate_series(${from}, ${to}) n`;

export const rowChanges: readonly OperationCase[] = [
  {
    name: 'inserts, updates and deletes',
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected,
    before: [rows(1, 20)],
    during: [
      rows(21, 30),
      `UPDATE t SET note = NULL, amount = -amount WHERE id % 3 = 0`,
      'DELETE FROM t WHERE id % 5 = 0',
      'UPDATE t SET note = note WHERE id = 1',
    ],
    after: [`UPDATE t SET doc = '{"n": 1.10}' WHERE id < 4`, 'DELETE FROM t WHERE id = 7', rows(31, 32)],
    shows: {
      'inserts are sent': sent(`tag = 'I'`, 32),
      'deletes are sent': sent(`tag = 'D'`, 7),
      'an update that changes nothing is sent': sent(`tag = 'U'`, 14),
    },
  },
  {
    name: 'INSERT … ON CONFLICT',
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected,
    before: [rows(1, 5)],
    during: [
      `${rows(3, 8)} ON CONFLICT DO NOTHING`,
      `INSERT INTO t VALUES (1, 'taken', 1, NULL), (9, 'new', 2, NULL)
         ON CONFLICT (id) DO UPDATE SET note = excluded.note || ', was ' || t.note`,
      `INSERT INTO t VALUES (2, 'unwanted', 1, NULL) ON CONFLICT (id) DO UPDATE SET note = 'x' WHERE t.id > 2`,
    ],
    shows: {
      'of the rows that conflict one is updated': sent(`tag = 'U'`, 1),
      'rows that do not conflict are inserted': sent(`tag = 'I'`, 9),
    },
  },
  {
    name: 'MERGE',
    majorMin: 15,
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected,
    before: [rows(1, 10)],
    during: [
      `MERGE INTO t USING generate_series(6, 15) AS s(id) ON t.id = s.id
         WHEN MATCHED AND s.id % 2 = 0 THEN DELETE
         WHEN MATCHED THEN UPDATE SET note = 'merged'
         WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'made', 0, '[]')`,
    ],
    shows: {
      'it deletes three rows': sent(`tag = 'D'`, 3),
      'it updates two rows': sent(`tag = 'U'`, 2),
      'it inserts five rows': sent(`tag = 'I'`, 15),
    },
  },
  {
    name: 'COPY FROM',
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected,
    during: [
      {
        copy: 'COPY t (id, note, doc) FROM STDIN',
        rows: Array.from({ length: 300 }, (_, n) => `${n}\tline\\n${n}\t{"n": ${n}}\n`).join(''),
      },
      { copy: 'COPY t (id, note) FROM STDIN (FORMAT csv)', rows: '900,"a ""b"", c"\n901,\n' },
    ],
    after: ['DELETE FROM t WHERE id % 10 = 0 AND id < 300'],
    shows: { 'each line is sent as an insert': sent(`tag = 'I'`, 302) },
  },
  {
    name: 'one key, many changes in a transaction',
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected,
    before: [rows(1, 3)],
    during: [
      `BEGIN; DELETE FROM t WHERE id = 1; ${rows(1, 1)}; UPDATE t SET note = 'second life' WHERE id = 1;
       ${rows(4, 4)}; DELETE FROM t WHERE id = 4; UPDATE t SET note = 'gone soon' WHERE id = 2; DELETE FROM t WHERE id = 2; COMMIT`,
      `BEGIN; ${rows(5, 5)}; UPDATE t SET note = 'a' WHERE id = 5; UPDATE t SET note = 'b' WHERE id = 5; COMMIT`,
    ],
    after: [rows(2, 2)],
    shows: {
      'three deletes are sent': sent(`tag = 'D'`, 3),
      'all changes of a transaction are sent': `(SELECT max(count) FROM (SELECT count(*) FROM wire WHERE tag IN ('I', 'U', 'D') GROUP BY xid::text) s) = 7`,
    },
  },
  {
    name: 'by a session with a replication origin, and by triggers',
    schema: `${schema}; CREATE FUNCTION doubled() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.id < 1000 THEN INSERT INTO t VALUES (NEW.id + 1000, 'by a trigger'); END IF; NEW.note := NEW.note || '!'; RETURN NEW; END $$;
      CREATE TRIGGER doubled BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION doubled()`,
    publication: 'FOR TABLE t',
    tables,
    expected,
    before: [rows(1, 2)],
    during: [
      rows(3, 4),
      `SELECT pg_replication_origin_create(':database'), pg_replication_origin_session_setup(':database')`,
      `BEGIN; SELECT pg_replication_origin_xact_setup('0/1', now()); SET LOCAL session_replication_role = replica; ${rows(5, 6)};
       UPDATE t SET note = 'from afar' WHERE id = 1; COMMIT`,
      `SELECT pg_replication_origin_session_reset(), pg_replication_origin_drop(':database')`,
    ],
    after: ['DELETE FROM t WHERE id = 1002'],
    shows: {
      'an origin is sent': sent(`tag = 'O'`, 1),
      'triggers add rows, though not in a replica': sent(`tag = 'I'`, 10),
    },
  },
];
