import { describe, expect, test } from 'vitest';
import type { Step } from '../../../src/records/operations.ts';
import { encoderOf, INT8, inserted, JSONB, plain, shared, TIMESTAMPTZ } from './record-encoder-case.ts';
import { operationsOf, relationOf, tupleOf } from './tuples.ts';

const wal = {
  lsn: '0/1776B48',
  xid: 7,
  committed_at: '2026-11-18T11:06:40.123456Z',
  committed_at_ms: 1_795_000_000_123,
};

describe('a record', () => {
  test('holds objectID, the columns, source_table and wal, in this order', () => {
    const relation = relationOf({ id: INT8, at: TIMESTAMPTZ, note: 25, after: JSONB });
    const [operation] = inserted(relation, ['12', '2026-11-23 21:12:23.456789+00', 'a "b"', '{"n": 1.10}']);
    expect(operation?.text).toBe(
      '{"action":"updateObject","body":{"objectID":"12","id":12,"at":"2026-11-23T21:12:23.456789Z",' +
        '"at_ms":1795468343456,"note":"a \\"b\\"","after":{"n": 1.10},"source_table":"public.audit_log",' +
        `"wal":${JSON.stringify(wal)}}}`,
    );
    expect(operation).toMatchObject({ kind: 'update', index: 'audit_log', objectID: '12' });
  });

  test('has null for NULL, twice for a timestamp', () => {
    const relation = relationOf({ id: INT8, at: TIMESTAMPTZ, note: 25 });
    expect(inserted(relation, ['1', null, null])[0]?.body).toMatchObject({
      at: null,
      at_ms: null,
      note: null,
    });
  });

  test('takes the attributes that are configured, renamed and converted', () => {
    const relation = relationOf({ id: INT8, at: 1114, note: 25, secret: 25 });
    const attributes = {
      text: 'note',
      happened: { column: 'at', timeZone: 'Europe/Berlin' },
      number: { column: 'id', as: 'string' as const },
    };
    const [operation] = inserted(relation, ['5', '2026-07-15 00:30:00', 'n', 'hidden'], {
      table: { attributes },
    });
    expect(operation?.body).toEqual({
      objectID: '5',
      text: 'n',
      happened: '2026-07-14T22:30:00Z',
      happened_ms: Date.UTC(2026, 6, 14, 22, 30),
      number: '5',
      source_table: 'public.audit_log',
      wal,
    });
  });

  test('may have any names', () => {
    const relation = relationOf({ id: INT8, 'a "b"\n': 25, __proto: 25 }, {});
    const attributes = { 'a "b"\n': 'a "b"\n', é: '__proto' };
    const [operation] = inserted(relation, ['1', 'x', 'y'], { table: { attributes } });
    expect(operation?.body).toMatchObject({ 'a "b"\n': 'x', é: 'y' });
  });

  test('stays whole while records before it stay as they were', () => {
    const encoder = encoderOf(plain);
    const into: Step[] = [];
    for (let id = 0; id < 50; id++) {
      const fresh = tupleOf(String(id), `note ${id}`, `{"n": ${id}}`);
      encoder.insert({ tag: 'insert', relation: plain, new: fresh }, shared, into);
    }
    for (const [id, { body }] of operationsOf(into).entries()) {
      expect(body).toMatchObject({ objectID: String(id), note: `note ${id}`, data: { n: id } });
    }
  });
});
