import { describe, expect, test } from 'vitest';
import { RecordError } from '../../../src/errors.ts';
import { Slab } from '../../../src/records/slab.ts';
import { INT8, inserted, JSONB, thrown } from './record-encoder-case.ts';
import { relationOf } from './tuples.ts';

describe('size', () => {
  const relation = relationOf({ id: INT8, note: 25, other: 25 });
  const [small] = inserted(relation, ['1', '', 'secret'.repeat(9)]);
  const room = 10_000 - Buffer.byteLength(JSON.stringify(small?.body));

  test('a record may fill its limit to the byte', () => {
    expect(inserted(relation, ['1', 'x'.repeat(room), 'secret'.repeat(9)])).toHaveLength(1);
    const error = thrown(() => inserted(relation, ['1', 'x'.repeat(room + 1), 'secret'.repeat(9)]));
    expect(error).toBeInstanceOf(RecordError);
    expect(error.message).toContain(`"note" ${room + 1}, "other" 54, "id" 1`);
    expect(error.message).toContain('public.audit_log');
    expect(error.message).toContain('0/1776B48');
    expect(error.message).not.toMatch(/secret|xxx/);
  });

  test('bytes count, escapes included', () => {
    expect(() => inserted(relation, ['1', '"'.repeat(6_000), ''])).toThrow(RecordError);
    expect(() => inserted(relation, ['1', 'é'.repeat(6_000), ''])).toThrow(RecordError);
  });

  test('a column that cannot fit is not copied', () => {
    const slab = new Slab(256);
    const first = slab.bytes;
    for (const oid of [25, JSONB, 17]) {
      const large = relationOf({ id: INT8, note: oid });
      expect(() => inserted(large, ['1', '7'.repeat(5_000_000)], { slab })).toThrow(RecordError);
    }
    expect(slab.bytes).toBe(first);
  });

  test('text that shrinks is measured by what it becomes', () => {
    const bytes = relationOf({ id: INT8, note: 17 });
    expect(inserted(bytes, ['1', `\\x${'00'.repeat(7_000)}`])).toHaveLength(1);
    expect(() => inserted(bytes, ['1', `\\x${'00'.repeat(7_500)}`])).toThrow(RecordError);
  });
});
