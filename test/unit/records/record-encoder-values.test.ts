import { describe, expect, test } from 'vitest';
import { standardAuditMapping } from '../../../src/config/audit-mapping.ts';
import {
  encoderOf,
  INT8,
  inserted,
  JSONB,
  plain,
  TIMESTAMPTZ,
  thrown,
  unfit,
} from './record-encoder-case.ts';
import { catalogOf, relationOf } from './tuples.ts';

describe('a table of values', () => {
  const values = { INSERT: 'c', 'with "ü"': 'ü', '7': 'seven', true: 'yes', '': 'none' };
  const made = (text: string | null, more = {}, oid = 25) => {
    const table = { attributes: { v: { column: 'note', values, ...more } } };
    return inserted(relationOf({ id: INT8, note: oid }), ['1', text], { table })[0]?.body?.['v'];
  };

  test('has texts in the place of texts; others stay as they are', () => {
    expect(['INSERT', 'with "ü"', '', 'insert', null].map((text) => made(text))).toEqual([
      'c',
      'ü',
      'none',
      'insert',
      null,
    ]);
    expect(made('x'.repeat(5_000))).toBe('x'.repeat(5_000));
    expect(['7', '8'].map((text) => made(text, {}, INT8))).toEqual(['seven', 8]);
    expect(made('t', {}, 16)).toBe('yes');
    expect(made('constructor')).toBe('constructor');
  });

  test('may have something for all others, but not for NULL', () => {
    expect(['INSERT', 'x', 'x'.repeat(5_000), null].map((text) => made(text, { otherwise: '?' }))).toEqual([
      'c',
      '?',
      '?',
      null,
    ]);
    expect(['x', 'INSERT'].map((text) => made(text, { otherwise: null }))).toEqual([null, 'c']);
  });

  test('goes with a part of a document, and with a timestamp without its milliseconds', () => {
    const part = { column: 'data', path: 'op', values: { D: 'd' } };
    const body = (json: string) =>
      inserted(plain, ['1', null, json], { table: { attributes: { v: part } } })[0]?.body?.['v'];
    expect(['{"op": "D"}', '{"op": "\\u0044"}', '{"op": [1]}', '{}'].map(body)).toEqual([
      'd',
      'd',
      [1],
      null,
    ]);
    const relation = relationOf({ id: INT8, at: TIMESTAMPTZ });
    const table = { attributes: { at: { column: 'at', values } } };
    expect(inserted(relation, ['1', '2026-01-02 03:04:05+00'], { table })[0]?.body).toMatchObject({
      at: '2026-01-02T03:04:05Z',
    });
    expect(inserted(relation, ['1', '2026-01-02 03:04:05+00'], { table })[0]?.body).not.toHaveProperty(
      'at_ms',
    );
  });

  test('gives a template what it gives the attribute', () => {
    const attributes = {
      v: { column: 'note', values },
      made: { template: [{ isOptional: false, parts: ['<', { attribute: 'v' }, '>'] }] },
    };
    expect(inserted(plain, ['1', 'INSERT', null], { table: { attributes } })[0]?.body).toMatchObject({
      made: '<c>',
    });
  });
});

describe('op', () => {
  const documents = relationOf({ id: INT8, before: JSONB, after: { typeOid: 16_400 } });
  const types = catalogOf({ oid: 16_400, kind: 'd', baseOid: 114 });
  const table = { attributes: { op: { op: { before: 'before', after: 'after' } } } };
  const op = (before: string | null, after: string | null) =>
    inserted(documents, ['1', before, after], { table, types })[0]?.body?.['op'];

  test('is told by the documents that are there, of any size', () => {
    expect([op(null, '{}'), op('{}', '0'), op('[]', null), op(null, null)]).toEqual(['c', 'u', 'd', 'r']);
    expect([op('null', ' null\n'), op('null', '"null"'), op(`"${'x'.repeat(2_000_000)}"`, null)]).toEqual([
      'r',
      'c',
      'd',
    ]);
  });

  test('is for json alone', () => {
    const error = thrown(() => encoderOf(relationOf({ id: INT8, before: 25, after: JSONB }), { table }));
    expect(error.message).toContain(
      'attribute "op" is made of the column "before", which is neither json nor jsonb',
    );
  });
});

describe('the standard mapping of an audit log', () => {
  const attributes = standardAuditMapping();
  const row = { id: '7', occurred_at: '2026-09-23 10:30:00.25+00', action: 'report.renamed' };
  const columns = { id: INT8, occurred_at: TIMESTAMPTZ, action: 25 };

  test('makes a record of a log with nothing but what it must have', () => {
    expect(inserted(relationOf(columns), Object.values(row), { table: { attributes } })[0]?.body).toEqual({
      objectID: '7',
      seq: 7,
      occurred_at: '2026-09-23T10:30:00.25Z',
      occurred_at_ms: Date.UTC(2026, 8, 23, 10, 30, 0, 250),
      hour_utc: '2026-09-23T10',
      day_utc: '2026-09-23',
      action: 'report.renamed',
      summary: 'report.renamed',
      source_table: 'public.audit_log',
      wal: expect.any(Object),
    });
  });

  test('says what is missing that it must have', () => {
    const error = thrown(() =>
      encoderOf(relationOf({ id: INT8, occurred_at: TIMESTAMPTZ }), { table: { attributes } }),
    );
    expect(error.message).toContain('attributes.action names the column "action", which is not published');
  });

  test('leaves out what needs a column that is not there', () => {
    const relation = relationOf({ ...columns, target_id: 25, outcome: 25, after: JSONB, tx_id: INT8 });
    const body = inserted(relation, [...Object.values(row), 't', 'denied', '{}', '9'], {
      table: { attributes },
    })[0]?.body;
    expect(body).toMatchObject({
      target_id: 't',
      outcome: 'denied',
      tx_id: 9,
      summary: 'report.renamed, denied',
    });
    for (const name of ['target_key', 'changes', 'op', 'changed_fields'])
      expect(body).not.toHaveProperty(name);
  });

  test('shows no secret', () => {
    const relation = relationOf({ ...columns, before: JSONB, after: JSONB });
    const body = inserted(
      relation,
      [...Object.values(row), null, '{"user": {"password": "s3cr3t", "n": 1}}'],
      { table: { attributes } },
    )[0]?.body;
    expect(body).toMatchObject({
      op: 'c',
      changes: [
        { path: 'user.password', op: 'added', hidden: true },
        { path: 'user.n', op: 'added', after: 1 },
      ],
      changed_fields: ['user.n', 'user.password'],
      changes_truncated: 0,
    });
    expect(
      unfit(relation, [...Object.values(row), '{"password": "s3cr3t', null], { table: { attributes } })
        .message,
    ).not.toContain('s3cr3t');
  });
});
