import { type OperationCase, recordsSql, sent } from './operation-case.ts';

const tables = { 'public.t': { index: 't' } };
const schema = 'CREATE TABLE t (id int PRIMARY KEY, note text, extra int)';
const rows = (from: number, to: number, columns = `'note ' || n`): string =>
  `INSERT INTO t SELECT n, ${columns} FROM generate_series(${from}, ${to}) n`;
const relationSent = (table: string) =>
  sent(`tag = 'R' AND substr(data, 2, 4) = int4send('${table}'::regclass::oid::int4)`);
/** Who is not written again keeps the record of the table as it was. */
const keeps = (condition: string, attributes: string): string =>
  `CASE WHEN ${condition} THEN ${attributes} ELSE to_jsonb(t) END`;

export const columns: readonly OperationCase[] = [
  {
    name: 'added, with and without default: rows that are not written again keep their records',
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected: {
      t: recordsSql('t', {
        attributes: `CASE WHEN id IN (2, 3) THEN to_jsonb(t) - '{added,level,stamp}'::text[]
          WHEN id IN (1, 4) THEN to_jsonb(t) - '{level,stamp}'::text[] ELSE to_jsonb(t) END`,
      }),
    },
    before: [rows(1, 3)],
    during: [
      'ALTER TABLE t ADD added text',
      `UPDATE t SET added = 'now' WHERE id = 1`,
      rows(4, 4),
      `ALTER TABLE t ADD level int NOT NULL DEFAULT 7, ADD stamp float8 DEFAULT random()`,
      rows(5, 6),
    ],
    after: [`UPDATE t SET note = 'later' WHERE id = 6`],
    shows: { 'old rows have the new columns': `(SELECT bool_and(level = 7 AND stamp IS NOT NULL) FROM t)` },
  },
  {
    name: 'dropped',
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected: { t: recordsSql('t', { attributes: keeps('id IN (2, 3)', `to_jsonb(t) || '{"extra": 5}'`) }) },
    before: [rows(1, 3, `'note', 5`)],
    during: ['ALTER TABLE t DROP extra', rows(4, 5), `UPDATE t SET note = 'changed' WHERE id = 1`],
    after: [
      'ALTER TABLE t ADD extra text',
      rows(6, 6, `'note', 'six'`),
      'ALTER TABLE t DROP extra',
      'DELETE FROM t WHERE id = 6',
    ],
    shows: {
      'the column is gone': `NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'extra')`,
    },
  },
  {
    name: 'renamed',
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected: {
      t: recordsSql('t', {
        attributes: keeps('id IN (2, 3)', `to_jsonb(t) - 'remark' || jsonb_build_object('note', remark)`),
      }),
    },
    before: [rows(1, 3)],
    during: [
      'ALTER TABLE t RENAME note TO remark',
      rows(4, 5),
      `UPDATE t SET remark = 'changed' WHERE id = 1`,
    ],
    shows: { 'the table is described anew': relationSent('t') },
  },
  {
    name: 'altered back and forth in one transaction with rows',
    schema,
    publication: 'FOR TABLE t',
    tables,
    expected: {
      t: recordsSql('t', {
        attributes: `CASE WHEN id = 1 THEN '{"id": 1, "note": "note 1", "extra": null}' WHEN id = 4 THEN '{"id": 4, "remark": "note 4", "extra": null}'
          WHEN id = 5 THEN '{"id": 5, "remark": "note 5", "extra": null, "b": true}' ELSE to_jsonb(t) END`,
      }),
    },
    before: [rows(1, 2)],
    during: [
      `BEGIN; ALTER TABLE t RENAME note TO remark; ${rows(4, 4)}; ALTER TABLE t ADD b bool DEFAULT true; ${rows(5, 5)};
       ALTER TABLE t DROP b; ALTER TABLE t RENAME remark TO note; ${rows(6, 6)}; UPDATE t SET extra = 1 WHERE id = 2; COMMIT`,
      'BEGIN; ALTER TABLE t DROP note; INSERT INTO t VALUES (7); ROLLBACK',
    ],
    after: [rows(8, 8)],
    shows: {
      'one transaction describes it three times': `(SELECT max(count) FROM (SELECT count(*) FROM wire WHERE tag = 'R' GROUP BY xid::text) s) = 3`,
    },
  },
  {
    name: 'added, dropped and renamed beside those that `attributes` names',
    schema,
    publication: 'FOR TABLE t',
    tables: { 'public.t': { index: 't', attributes: { key: 'id', text: 'note' } } },
    expected: { t: recordsSql('t', { attributes: `jsonb_build_object('key', id, 'text', note)` }) },
    before: [rows(1, 3)],
    during: [
      'ALTER TABLE t DROP extra',
      rows(4, 4),
      'ALTER TABLE t ADD first int, ADD secret text',
      `INSERT INTO t VALUES (5, 'five', 1, 'secret')`,
      'ALTER TABLE t RENAME secret TO hidden',
      `UPDATE t SET hidden = 'changed', note = 'changed' WHERE id = 2`,
    ],
    after: ['ALTER TABLE t DROP first', rows(6, 6)],
    shows: { 'the other columns travel': sent(`position('secret'::bytea IN data) > 0 AND tag = 'I'`, 1) },
  },
  {
    name: 'of a column list, beside others that come and go',
    majorMin: 15,
    schema,
    publication: 'FOR TABLE t (id, note)',
    tables,
    expected: { t: recordsSql('t', { attributes: `jsonb_build_object('id', id, 'note', note)` }) },
    before: [rows(1, 3)],
    during: [
      'ALTER TABLE t DROP extra',
      rows(4, 4),
      'ALTER TABLE t ADD secret text',
      `INSERT INTO t VALUES (5, 'five', 'hush')`,
      `UPDATE t SET secret = 'hush', note = 'changed' WHERE id = 1`,
    ],
    after: ['ALTER TABLE t RENAME secret TO hidden', rows(6, 6)],
    shows: { 'the other columns do not travel': sent(`position('hush'::bytea IN data) > 0`, 0) },
  },
  {
    name: 'as `setup` publishes them: on 15 and later a new column is not sent unasked, on 14 it is',
    schema,
    publication: 'setup',
    tables,
    expected: {
      t: recordsSql('t', {
        attributes: `CASE WHEN id > 2 AND current_setting('server_version_num')::int >= 150000 THEN to_jsonb(t) - 'added' WHEN id <= 2 THEN to_jsonb(t) - 'added' ELSE to_jsonb(t) END`,
      }),
    },
    before: [rows(1, 2)],
    during: [`ALTER TABLE t ADD added text DEFAULT 'unasked'`, rows(3, 5)],
    shows: {
      'it depends on the version': `(${sent(`tag = 'I' AND position('unasked'::bytea IN data) > 0`)}) = (current_setting('server_version_num')::int < 150000)`,
    },
  },
];
