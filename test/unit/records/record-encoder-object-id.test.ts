import { describe, expect, test } from 'vitest';
import type { Step } from '../../../src/records/operations.ts';
import { type Transaction, transaction } from '../../../src/records/transaction.ts';
import { encoderOf, INT8, inserted, TIMESTAMPTZ, unfit } from './record-encoder-case.ts';
import { begin, type ColumnText, relationOf, tupleOf, UNCHANGED } from './tuples.ts';

describe('the objectID', () => {
  test.each([
    [INT8, '-12', '-12'],
    [INT8, '9223372036854775807', '9223372036854775807'],
    [INT8, '0', '0'],
    [25, 'a:b%"\\é', 'a:b%"\\é'],
    [TIMESTAMPTZ, '2026-11-23 21:12:23+00', '2026-11-23 21:12:23+00'],
  ])('of one column is its text as Postgres prints it', (oid, text, objectID) => {
    const relation = relationOf({ id: oid });
    const [operation] = inserted(relation, [text]);
    expect(operation?.objectID).toBe(objectID);
    expect(operation?.body?.['objectID']).toBe(objectID);
  });

  test('of several columns is joined by colons, its parts encoded, so that no two keys share one', () => {
    const relation = relationOf({ id: INT8, kind: 25 });
    const table = { objectID: ['kind', 'id'] };
    expect(inserted(relation, ['7', 'a:b'], { table })[0]?.objectID).toBe('a%3Ab:7');
    expect(inserted(relation, ['7', '100%3A'], { table })[0]?.objectID).toBe('100%253A:7');
    expect(inserted(relation, ['7', ''], { table })[0]?.objectID).toBe(':7');
    expect(inserted(relation, ['7', ':'.repeat(500)], { table })[0]?.body?.['objectID']).toBe(
      `${'%3A'.repeat(500)}:7`,
    );
  });

  test('begins with the prefix, however long', () => {
    const prefix = 'é"'.repeat(200);
    const table = { objectIDPrefix: prefix };
    const [operation] = inserted(relationOf({ id: INT8 }), ['12'], { table });
    expect(operation?.objectID).toBe(`${prefix}12`);
    expect(operation?.body?.['objectID']).toBe(`${prefix}12`);
  });

  test('is never empty, nor made of NULL, nor of more than a record may hold', () => {
    const relation = relationOf({ id: 25, kind: 25 });
    for (const id of [null, '', 'x'.repeat(10_001)]) {
      expect(unfit(relation, [id, 'x'])).toMatchObject({ problem: 'no-object-id', objectID: undefined });
    }
    const table = { objectID: ['id', 'kind'] };
    expect(unfit(relation, ['secret', null], { table }).message).toMatch(
      /^public.audit_log: .*"kind".* NULL.*0\/1776B48/,
    );
    expect(unfit(relation, ['secret', null], { table }).message).not.toContain('secret');
  });

  test('the rows of a transaction without one are counted, and keep what their record would have been', () => {
    const relation = relationOf({ id: 25, kind: 25, note: 25 });
    const encoder = encoderOf(relation, { table: { objectID: ['id', 'kind'] } });
    const into: Step[] = [];
    const [one, other] = [transaction(begin), transaction(begin)];
    const insert = (shared: Transaction, ...columns: ColumnText[]) =>
      encoder.insert({ tag: 'insert', relation, new: tupleOf(...columns) }, shared, into);
    insert(one, 'a', null, 'é "quoted"');
    insert(one, 'a', 'b', 'a record');
    insert(one, null, null, 'x'.repeat(10_000));
    insert(other, null, 'b', UNCHANGED);
    const unfits = into.filter((step) => step.kind === 'unfit');
    expect(unfits.map(({ place, transaction }) => [place, transaction])).toEqual([
      [1, one],
      [2, one],
      [1, other],
    ]);
    const [record, tooLarge, notWhole] = unfits.map((step) => step.record);
    expect(JSON.parse(record ?? '')).toEqual({
      id: 'a',
      kind: null,
      note: 'é "quoted"',
      source_table: 'public.audit_log',
      wal: JSON.parse(`{${one.wal.bytes.subarray(1, -2)}}`).wal,
    });
    expect([tooLarge, notWhole]).toEqual([undefined, undefined]);
  });
});
