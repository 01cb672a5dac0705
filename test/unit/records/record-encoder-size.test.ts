import { describe, expect, test } from 'vitest';
import type { Step } from '../../../src/records/operations.ts';
import { Slab } from '../../../src/records/slab.ts';
import { encoderOf, INT8, inserted, JSONB, shared, unfit } from './record-encoder-case.ts';
import { operationsOf, relationOf, tupleOf } from './tuples.ts';

describe('size', () => {
  const relation = relationOf({ id: INT8, note: 25, other: 25 });
  const [small] = inserted(relation, ['1', '', 'secret'.repeat(9)]);
  const room = 10_000 - Buffer.byteLength(JSON.stringify(small?.body));

  test('a record may fill its limit to the byte', () => {
    expect(inserted(relation, ['1', 'x'.repeat(room), 'secret'.repeat(9)])).toHaveLength(1);
    const { message, ...step } = unfit(relation, ['1', 'x'.repeat(room + 1), 'secret'.repeat(9)]);
    expect(step).toEqual({
      kind: 'unfit',
      table: 'public.audit_log',
      index: 'audit_log',
      objectID: '1',
      problem: 'too-large',
      transaction: shared,
      place: undefined,
      record: undefined,
    });
    expect(message).toContain(`"note" ${room + 1}, "other" 54, "id" 1`);
    expect(message).toContain('public.audit_log');
    expect(message).toContain('0/1776B48');
    expect(message).not.toMatch(/secret|xxx/);
  });

  test('bytes count, escapes included', () => {
    expect(unfit(relation, ['1', '"'.repeat(6_000), '']).problem).toBe('too-large');
    expect(unfit(relation, ['1', 'é'.repeat(6_000), '']).problem).toBe('too-large');
  });

  test('a column that cannot fit is not copied', () => {
    const slab = new Slab(256);
    const first = slab.bytes;
    for (const oid of [25, JSONB, 17]) {
      const large = relationOf({ id: INT8, note: oid });
      expect(unfit(large, ['1', '7'.repeat(5_000_000)], { slab }).problem).toBe('too-large');
    }
    expect(slab.bytes).toBe(first);
  });

  test('text that shrinks is measured by what it becomes', () => {
    const bytes = relationOf({ id: INT8, note: 17 });
    expect(inserted(bytes, ['1', `\\x${'00'.repeat(7_000)}`])).toHaveLength(1);
    expect(unfit(bytes, ['1', `\\x${'00'.repeat(7_500)}`]).problem).toBe('too-large');
  });

  test('what was written of a row that is no record is not kept, whatever is wrong with it', () => {
    const slab = new Slab();
    const table = { attributes: { note: 'note', other: { column: 'other', as: 'number' as const } } };
    const encoder = encoderOf(relation, { slab, table });
    const into: Step[] = [];
    const insert = (...columns: (string | null)[]) =>
      encoder.insert({ tag: 'insert', relation, new: tupleOf(...columns) }, shared, into);
    insert('1', 'first', '1');
    const { position } = slab;
    insert('2', 'x'.repeat(9_999), '2');
    insert('3', 'not a number', 'x');
    insert(null, 'no key', '4');
    expect(slab.position).toBe(position);
    insert('5', 'last', '5');
    expect(into.map((step) => (step.kind === 'unfit' ? step.problem : step.kind))).toEqual([
      'update',
      'too-large',
      'unreadable-value',
      'no-object-id',
      'update',
    ]);
    expect(operationsOf(into).map(({ body }) => body?.['note'])).toEqual(['first', 'last']);
  });
});
